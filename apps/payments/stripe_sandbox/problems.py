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


def no_access(account: str) -> StripeProblem:
    """Return Stripe's answer to an account that is not connected (docs.stripe.com/error-codes#account-invalid)."""
    message = f"The provided key does not have access to account '{account}' (or that account does not exist)."
    return invalid(message, code="account_invalid", status=403)


def executed(message: str, *, code: str = "", **fields: Any) -> StripeProblem:
    """Return a refusal by the state of things, some without a code; the key keeps it."""
    coded = {"code": code} if code else {}
    return StripeProblem(400, "invalid_request_error", message, saved=True, **coded, **fields)


def failed(*, saved: bool = False) -> StripeProblem:
    """Return a fault of the server's own (docs.stripe.com/error-low-level#server-errors)."""
    return StripeProblem(500, "api_error", "An unknown error occurred.", saved=saved)


def too_many() -> StripeProblem:
    """Return the rate limiter's refusal (docs.stripe.com/rate-limits)."""
    return StripeProblem(429, "invalid_request_error", "Request rate limit exceeded.", saved=False, code="rate_limit")


def locked_out() -> StripeProblem:
    """Return the refusal of an object that is in other hands (docs.stripe.com/rate-limits#object-lock-timeouts)."""
    message = "This object cannot be accessed right now because another request is accessing it."
    return StripeProblem(429, "invalid_request_error", message, saved=False, code="lock_timeout")


def in_use() -> StripeProblem:
    """Return the refusal of a key whose first request still runs (docs.stripe.com/api/errors, 409)."""
    message = "There is currently another in-progress request using this idempotency key."
    return StripeProblem(409, "idempotency_error", message, saved=False, code="idempotency_key_in_use")


def key_reused() -> StripeProblem:
    """Return the refusal of a key that stands for another request (docs.stripe.com/api/idempotent_requests)."""
    message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
    return StripeProblem(400, "idempotency_error", message, saved=False)


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
