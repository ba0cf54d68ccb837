"""Errors in Stripe's shape. Source: docs.stripe.com/api/errors."""

from typing import Any


class StripeProblem(Exception):
    """An error answer; `saved` tells whether an idempotency key keeps it.

    Stripe keeps an answer once the endpoint began to execute, whatever its status, and keeps none
    when the parameters did not pass validation (docs.stripe.com/api/idempotent_requests).
    """

    def __init__(self, status: int, kind: str, message: str, *, saved: bool, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.saved = saved
        self.error = {"type": kind, "message": message, **fields}


def invalid(message: str, *, param: str = "", code: str = "", status: int = 400) -> StripeProblem:
    """Return a refusal of the parameters; the key may be used again."""
    fields = {"param": param, "code": code}
    return StripeProblem(
        status,
        "invalid_request_error",
        message,
        saved=False,
        **{name: value for name, value in fields.items() if value},
    )


def missing(kind: str, identifier: str, param: str = "id") -> StripeProblem:
    """Return Stripe's answer to an id that does not exist."""
    message = f"No such {kind.replace('_', ' ')}: '{identifier}'"
    return invalid(message, param=param, code="resource_missing", status=404)


def executed(message: str, *, code: str, **fields: Any) -> StripeProblem:
    """Return a refusal by the state of things; the key keeps it."""
    return StripeProblem(400, "invalid_request_error", message, saved=True, code=code, **fields)


def declined(charge: str, code: str, decline_code: str, intent: dict[str, Any]) -> StripeProblem:
    """Return a declined card, with the payment intent as it now stands."""
    return StripeProblem(
        402,
        "card_error",
        intent["last_payment_error"]["message"],
        saved=True,
        code=code,
        decline_code=decline_code,
        charge=charge,
        payment_intent=intent,
    )
