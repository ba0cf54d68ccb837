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


@dataclass(frozen=True)
class StayEndedByItself(events.Event):
    """A stay that was handed over and never ended by hand was completed by the system."""

    booking_id: str


@dataclass(frozen=True)
class NoShowReviewOpened(events.Event):
    """Nobody started a confirmed stay: its two people are asked what happened."""

    booking_id: str
    review_id: str


@dataclass(frozen=True)
class NoShowSettled(events.Event):
    """It is settled what happened; outcome: one of `Attendance`."""

    booking_id: str
    review_id: str
    outcome: str
