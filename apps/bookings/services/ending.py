"""A stay that was handed over ends by itself when nobody ends it: money is not held for ever."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.bookings.events import StayEndedByItself
from apps.bookings.models import Booking
from apps.bookings.services.moves import move, try_lock_booking
from apps.bookings.services.turns import in_turn
from apps.bookings.states import BookingStatus
from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.escrow import services as escrow
from apps.escrow.states import HoldState

REASON = "nobody completed it: completed by itself"


def complete_overdue() -> int:
    """Complete the stays whose hand-over is recorded and whose end is 12 hours past; return how many.

    Safe in parallel and to kill: each is one transaction, and one that somebody is at is left to the next run.
    """
    before = business_now() - settings.STAY_ENDS_ITSELF_AFTER
    return in_turn(Booking.objects.ended_before(before), _complete)


def end_as_scheduled(booking: Booking, *, actor: User | None, reason: str) -> None:
    """Complete a locked stay whose scheduled end is past, as of that end.

    The clock to the payout starts now, not then: the owner has the whole hold to report a problem.
    """
    require_transaction()
    ended_at = booking.scheduled_end_at
    if booking.started_at is not None:  # handed over after the scheduled end
        ended_at = max(ended_at, booking.started_at)
    move(booking, BookingStatus.COMPLETED, actor=actor, reason=reason, completed_at=ended_at)
    start_clock(booking, business_now(), actor=actor, reason=reason)


def start_clock(booking: Booking, since: datetime, *, actor: User | None, reason: str) -> None:
    """Start the clock to the payout, unless everything went back already, by staff or by the card's bank."""
    key = str(booking.public_id)
    if escrow.lock(key).state == HoldState.REFUNDED:
        return
    escrow.start_release_clock(
        booking_id=key, completed_at=since, scheduled_end_at=booking.scheduled_end_at, actor=actor, reason=reason
    )


def _complete(booking_id: str) -> bool | None:
    with transaction.atomic(durable=True):
        booking = try_lock_booking(booking_id)
        if booking is None:
            return None
        before = business_now() - settings.STAY_ENDS_ITSELF_AFTER
        if not Booking.objects.ended_before(before).filter(pk=booking.pk).exists():
            return False
        end_as_scheduled(booking, actor=None, reason=REASON)
        events.publish(StayEndedByItself(booking_id=booking_id))
    return True
