"""What happened to bookings; ids and plain values only."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class BookingMoved(events.Event):
    """A booking went from one status to another."""

    booking_id: str
    old_status: str
    new_status: str


@dataclass(frozen=True)
class ProblemReported(events.Event):
    """An owner reported a problem with a stay; the payment is frozen."""

    booking_id: str
    report_id: str
    category: str
