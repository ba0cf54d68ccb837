"""The instants at which things fall due by themselves, and the way there."""

from datetime import datetime, timedelta

from apps.bookings.models import Booking
from apps.common.clock import advance_business_clock, business_now

HALF_A_DAY = timedelta(hours=12)


def go_to(instant: datetime) -> None:
    """Advance the business clock to just after an instant that is ahead."""
    advance_business_clock(int((instant - business_now()).total_seconds()) + 1)


def review_due(booking: Booking) -> datetime:
    """Return when a stay that nobody starts is reviewed: 12 hours after the start, or a later answer."""
    assert booking.confirmed_at is not None
    return max(booking.scheduled_start_at, booking.confirmed_at) + HALF_A_DAY


def ends_itself(booking: Booking) -> datetime:
    """Return when a stay that nobody completes ends by itself."""
    return booking.scheduled_end_at + HALF_A_DAY
