"""The life of a booking: its states, the moves between them, and who may ask for each."""

from django.db import models


class BookingStatus(models.TextChoices):
    """Where a booking stands. A quote is not a booking yet; it has a table of its own."""

    PENDING_PAYMENT = "pending_payment", "Waiting for the payment"
    REQUESTED = "requested", "Paid, waiting for the sitter's answer"
    CONFIRMED = "confirmed", "Accepted by the sitter"
    IN_PROGRESS = "in_progress", "The stay is on"
    COMPLETED = "completed", "The stay is over"
    DECLINED = "declined", "Declined by the sitter"
    EXPIRED = "expired", "Nobody paid or answered in time"
    CANCELLED = "cancelled", "Cancelled"
    NO_SHOW = "no_show", "Somebody did not come"


class Attendance(models.TextChoices):
    """What people say about a stay that nobody started, and what is decided about it."""

    OWNER_ABSENT = "owner_absent", "The owner did not come"
    SITTER_ABSENT = "sitter_absent", "The sitter was not there"
    TOOK_PLACE = "took_place", "The stay took place"


_S = BookingStatus

# EXPIRED -> REQUESTED is the late payment: money that arrives after the expiry reserves the nights
# again when they are still free (otherwise all of it goes back and the booking stays expired).
MOVES: dict[BookingStatus, frozenset[BookingStatus]] = {
    _S.PENDING_PAYMENT: frozenset({_S.REQUESTED, _S.EXPIRED, _S.CANCELLED}),
    _S.REQUESTED: frozenset({_S.CONFIRMED, _S.DECLINED, _S.EXPIRED, _S.CANCELLED}),
    _S.CONFIRMED: frozenset({_S.IN_PROGRESS, _S.CANCELLED, _S.NO_SHOW}),
    _S.IN_PROGRESS: frozenset({_S.COMPLETED}),
    _S.EXPIRED: frozenset({_S.REQUESTED}),
    _S.COMPLETED: frozenset(),
    _S.DECLINED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.NO_SHOW: frozenset(),
}

# States in which the nights are taken from the sitter's calendar.
HOLDS_NIGHTS = frozenset({_S.PENDING_PAYMENT, _S.REQUESTED, _S.CONFIRMED, _S.IN_PROGRESS, _S.COMPLETED})

# States in which owner and sitter have agreed: contact data may be exchanged.
AGREED = frozenset({_S.CONFIRMED, _S.IN_PROGRESS, _S.COMPLETED})


def can_move(old: str, new: str) -> bool:
    """Tell whether a booking may go from the old state to the new one."""
    return BookingStatus(new) in MOVES[BookingStatus(old)]
