"""Refusing guessers."""

from collections.abc import Callable

from apps.accounts.limits import LimitKey
from apps.accounts.models import AttemptCounter
from apps.common.errors import TooManyRequests


def reserve(key: LimitKey) -> None:
    """Count an attempt before its secret is judged.

    Raises: TooManyRequests(too_many_attempts) while the key is locked.
    """
    _refuse(AttemptCounter.objects.count_attempt(key))


def judge(key: LimitKey, holds: Callable[[], bool]) -> bool:
    """Return whether the secret is right; wrong ones count, a right one clears the count.

    Raises: TooManyRequests(too_many_attempts) while the key is locked, without judging.
    """
    judgement = AttemptCounter.objects.judge(key, holds)
    _refuse(judgement.wait_seconds)
    return judgement.holds


def refuse_while_locked(key: LimitKey) -> None:
    """Let an attempt pass without counting it.

    Raises: TooManyRequests(too_many_attempts) while the key is locked.
    """
    _refuse(AttemptCounter.objects.wait_seconds(key))


def count_failure(key: LimitKey) -> None:
    """Count an attempt that has failed."""
    AttemptCounter.objects.count_attempt(key)


def forgive(key: LimitKey) -> None:
    """Forget the attempts: the secret was right."""
    AttemptCounter.objects.forgive(key)


def _refuse(wait: int) -> None:
    if wait:
        raise TooManyRequests(
            "too_many_attempts",
            f"Too many attempts. Wait {wait} seconds, then try again.",
            retry_after=wait,
        )
