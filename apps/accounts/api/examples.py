"""Examples of the accounts API's OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

PERSON = {
    "id": "0199a2b4-7c1e-7d52-9a41-0d5c8e2b6f10",
    "email": "olivia@example.com",
    "full_name": "Olivia Owner",
    "phone": "+1 415 555 0100",
    "role": "owner",
    "status": "active",
    "email_verified": True,
    "two_factor_enabled": True,
    "created_at": "2026-03-01T09:30:00Z",
}
PAIR = {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…"}
SENT = {"detail": "If the address can be used, a mail is on its way."}


def asked(name: str, value: object) -> OpenApiExample:
    """Return an example of a request."""
    return OpenApiExample(name, value=value, request_only=True)


def answered(name: str, value: object, status: int = 200) -> OpenApiExample:
    """Return an example of an answer."""
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(status)])
