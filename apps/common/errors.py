"""What a use case says when it refuses: one hierarchy, one handler at the API's edge."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal with a stable code, a sentence for a person and machine-readable details.

    transient: it may pass by itself, so that the same request may be answered otherwise later; no
    idempotency key keeps it.
    """

    status: ClassVar[int] = 400
    transient: bool = False

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})


class InvalidInput(DomainError):
    """The request itself is wrong; details name the fields."""

    status = 400

    @classmethod
    def field(cls, name: str, problem: str) -> "InvalidInput":
        """Name one wrong field and what would be right."""
        return cls("validation_error", "Some fields are not valid.", {name: [problem]})


class Unauthenticated(DomainError):
    """Nobody, or a proof that does not hold."""

    status = 401


class PaymentRefused(DomainError):
    """The card or its bank said no."""

    status = 402


class Forbidden(DomainError):
    """Known, but not allowed."""

    status = 403


class NotFound(DomainError):
    """Absent, or something the caller may not know exists."""

    status = 404

    def __init__(
        self,
        code: str = "not_found",
        message: str = "There is no such thing, or it is not yours to see.",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, message, details)


class Conflict(DomainError):
    """Right request, wrong state; `transient` when the state may pass without the caller's doing."""

    status = 409

    def __init__(
        self, code: str, message: str, details: Mapping[str, Any] | None = None, *, transient: bool = False
    ) -> None:
        super().__init__(code, message, details)
        self.transient = transient


class TooManyRequests(DomainError):
    """Come back later; `retry_after` in whole seconds goes into the Retry-After header."""

    status = 429

    def __init__(self, code: str, message: str, *, retry_after: int, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, message, {"retry_after_seconds": retry_after, **(details or {})})
        self.retry_after = retry_after


class Unavailable(DomainError):
    """Something that this needs is down; nothing was done."""

    status = 503
