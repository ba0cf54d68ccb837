"""Locking and moving a booking. Each step runs inside the transaction of a use case.

Locks are always taken in this order: payment operation, hold, booking, sitter, nights.
"""

from typing import Any

from apps.accounts.models import User
from apps.bookings.events import BookingMoved
from apps.bookings.models import Booking, BookingTransition
from apps.bookings.states import BookingStatus, can_move
from apps.common import events
from apps.common.db import require_transaction
from apps.common.errors import Conflict
from apps.escrow import services as escrow


def lock_booking(booking_id: str) -> Booking:
    """Lock hold and booking, in this order, until the transaction ends."""
    escrow.lock_only(booking_id)
    return lock_row(booking_id)


def lock_row(booking_id: str) -> Booking:
    """Lock the booking alone: for a step whose use case has locked the hold."""
    require_transaction()
    return Booking.objects.select_for_update().get(public_id=booking_id)


def try_lock_booking(booking_id: str) -> Booking | None:
    """Lock hold and booking as `lock_booking` does, or return None at once while somebody is at it: for sweeps."""
    require_transaction()
    return lock_row(booking_id) if escrow.try_lock(booking_id) else None


def move(booking: Booking, new: BookingStatus, *, actor: User | None, reason: str, **fields: Any) -> None:
    """Move a booking and write the transition and the event, all or nothing.

    Raises: Conflict `booking_moved` when the move is not in the table or somebody was first.
    """
    require_transaction()
    old = booking.status
    mine = Booking.objects.filter(pk=booking.pk, status=old)
    if not can_move(old, new) or not mine.update(status=new, **fields):
        raise wrong_state(booking)
    for name, value in {**fields, "status": new}.items():
        setattr(booking, name, value)
    record(booking, old, actor=actor, reason=reason)


def record(booking: Booking, old: str, *, actor: User | None, reason: str) -> None:
    """Append the transition and publish the event."""
    BookingTransition.objects.create(
        booking=booking, old_status=old, new_status=booking.status, actor=actor, reason=reason
    )
    events.publish(
        BookingMoved(booking_id=str(booking.public_id), old_status=old, new_status=BookingStatus(booking.status).value)
    )


def wrong_state(booking: Booking) -> Conflict:
    """Return the refusal of a move that the booking's state does not allow."""
    status = BookingStatus(booking.status)
    return Conflict(
        "booking_moved",
        f"This does not fit the booking's state: {status.label.lower()}.",
        {"status": status.value},
    )
