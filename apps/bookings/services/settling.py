"""How a no-show review ends: what becomes of the booking, its nights and its money. Steps of a use case."""

from collections.abc import Callable

from apps.accounts.models import User
from apps.bookings.events import NoShowSettled
from apps.bookings.models import Booking, NoShowEntry, NoShowReview
from apps.bookings.services.ending import end_as_scheduled, start_clock
from apps.bookings.services.moves import move
from apps.bookings.states import Attendance, BookingStatus
from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict
from apps.escrow import services as escrow
from apps.sitters import services as sitters


def settle(
    booking: Booking, review: NoShowReview, outcome: Attendance, *, actor: User | None, reason: str
) -> str | None:
    """Settle the open review of a locked booking; return the refund to execute after the commit, if any.

    Raises: Conflict `no_show_settled` for whoever is second, `booking_moved`; as escrow's refunds.
    """
    _close(review, outcome, actor=actor, reason=reason)
    refund_id = _ENDS[outcome](booking, actor)
    ids = {"booking_id": str(booking.public_id), "review_id": str(review.public_id)}
    events.publish(NoShowSettled(**ids, outcome=outcome.value))
    return refund_id


def settle_started(booking: Booking, *, actor: User) -> None:
    """End the review of a locked stay that begins after all: the owner's PIN says more than anybody."""
    review = NoShowReview.objects.filter(booking=booking, outcome="").first()
    if review is not None:
        _close(review, NoShowReview.STARTED, actor=actor, reason="started with the owner's PIN")


def refuse_in_review(booking: Booking) -> None:
    """Refuse what would settle an open review from one side.

    Raises: Conflict `no_show_in_review`.
    """
    if NoShowReview.objects.filter(booking=booking, outcome="").exists():
        raise Conflict(
            "no_show_in_review",
            "This stay should have begun, and we ask what happened: answer with no-show-report.",
        )


def append(review: NoShowReview, step: str, *, actor: User | None, reason: str) -> None:
    """Append a step to the history of a review."""
    NoShowEntry.objects.create(review=review, step=step, actor=actor, reason=reason)


def settled(review: NoShowReview) -> Conflict:
    """Return the refusal to whoever comes after the settlement."""
    return Conflict(
        "no_show_settled",
        f"This is settled: {review.get_outcome_display().lower()}. Report a problem if it is wrong.",
        {"outcome": review.outcome},
    )


def _close(review: NoShowReview, outcome: str, *, actor: User | None, reason: str) -> None:
    require_transaction()
    mine = NoShowReview.objects.filter(pk=review.pk, outcome="")
    if not mine.update(outcome=outcome, settled_at=business_now(), settled_by=actor):
        review.refresh_from_db()
        raise settled(review)
    append(review, f"settled: {outcome}", actor=actor, reason=reason)


def _owner_absent(booking: Booking, actor: User | None) -> None:
    """The sitter kept the place: the stay is paid in full, nothing goes back."""
    reason = "no-show of the owner"
    move(booking, BookingStatus.NO_SHOW, actor=actor, reason=reason)
    sitters.free_nights(booking=str(booking.public_id))
    start_clock(booking, business_now(), actor=actor, reason=reason)


def _sitter_absent(booking: Booking, actor: User | None) -> str | None:
    """Everything goes back, and the sitter's public profile counts it."""
    key = str(booking.public_id)
    move(booking, BookingStatus.NO_SHOW, actor=actor, reason="no-show of the sitter")
    sitters.count_missed_stay(sitter_id=booking.sitter_id)
    sitters.free_nights(booking=key)
    hold = escrow.lock(key)
    if not (hold.stay_left + hold.owner_fee_left):
        return None  # it went back before, or is on its way
    return escrow.prepare_full_refund(booking_id=key, reason="sitter_no_show", actor=actor).id


def _took_place(booking: Booking, actor: User | None) -> None:
    """It began as scheduled, without the PIN; one whose end is past is over, another goes on."""
    reason = "took place, says the no-show review"
    begun = booking.scheduled_start_at
    move(booking, BookingStatus.IN_PROGRESS, actor=actor, reason=reason, started_at=begun)
    if booking.scheduled_end_at <= business_now():
        end_as_scheduled(booking, actor=actor, reason=reason)


_ENDS: dict[Attendance, Callable[[Booking, User | None], str | None]] = {
    Attendance.OWNER_ABSENT: _owner_absent,
    Attendance.SITTER_ABSENT: _sitter_absent,
    Attendance.TOOK_PLACE: _took_place,
}
