"""Forgetting what can matter no more."""

from datetime import timedelta

from apps.accounts.models import AttemptCounter, LoginChallenge, SessionFamily
from apps.common.clock import real_now

KEEP_COUNTERS = timedelta(days=1)
KEEP_CHALLENGES = timedelta(hours=1)
KEEP_SESSIONS = timedelta(days=30)


def prune() -> None:
    """Delete counters after a day, challenges after an hour, sessions 30 days after their expiry."""
    now = real_now()
    AttemptCounter.objects.filter(window_started_at__lt=now - KEEP_COUNTERS).delete()
    LoginChallenge.objects.filter(expires_at__lt=now - KEEP_CHALLENGES).delete()
    SessionFamily.objects.filter(expires_at__lt=now - KEEP_SESSIONS).delete()
