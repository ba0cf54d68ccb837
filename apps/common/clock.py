"""Two clocks: real time for tokens, commands and heartbeats; business time for deadlines.

Business time is real time plus an offset that only demo and test settings may move, never
backwards. It is read from the database, so that every process sees the same hour.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models

from apps.common.errors import Forbidden, InvalidInput


def real_now() -> datetime:
    """Return the real instant, in UTC."""
    return datetime.now(UTC)


def business_now() -> datetime:
    """Return the instant that business deadlines are compared with, in UTC."""
    if not settings.PETWASH_DEMO:
        return real_now()
    from apps.common.models import BusinessClock

    row = BusinessClock.objects.values_list("offset_seconds", flat=True).first()
    return real_now() + timedelta(seconds=row or 0)


def advance_business_clock(seconds: int) -> datetime:
    """Move business time forward and return the new business instant.

    Raises: Forbidden outside demo and test settings; InvalidInput when seconds is not positive.
    """
    if not settings.PETWASH_DEMO:
        raise Forbidden("demo_only", "The business clock moves in demo settings alone.")
    if seconds <= 0:
        raise InvalidInput.field("advance_seconds", "Time goes forward: give a positive number of seconds.")
    from apps.common.models import BusinessClock

    BusinessClock.objects.get_or_create(pk=1)
    BusinessClock.objects.filter(pk=1).update(offset_seconds=models.F("offset_seconds") + seconds)
    return business_now()
