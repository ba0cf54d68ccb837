"""A confirmed stay that nobody started: both people are asked, and nothing is paid until it is settled."""

from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts import selectors as accounts
from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.events import NoShowReviewOpened
from apps.bookings.models import Booking, NoShowReport, NoShowReview
from apps.bookings.services.moves import lock_booking, try_lock_booking, wrong_state
from apps.bookings.services.settling import append, settle, settled
from apps.bookings.services.turns import in_turn
from apps.bookings.states import Attendance, BookingStatus
from apps.common import audit, events
from apps.common.clock import business_now
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.ids import parse_public_id
from apps.escrow import services as escrow

WHO_MAY = ("Operations", "Trust & Safety")


def review_no_shows() -> int:
    """Open a review of each confirmed stay that should have begun 12 hours ago; return how many.

    Safe in parallel and to kill: each is one transaction, and one that somebody is at is left to the next run.
    """
    return in_turn(_due().filter(no_show_review__isnull=True), _review)


def report_no_show(*, actor: User, booking_id: str, who: str, note: str = "") -> NoShowReport:
    """Keep what one of the two people says happened; from the scheduled start on, which opens the review.

    When both say the same, or the sitter was not there in the sitter's own words, it is settled at once.
    Raises: NotFound; Conflict `too_early` (details: scheduled_start_at) | `booking_moved` |
    `no_show_settled` (details: outcome) | `no_show_already_reported`.
    """
    key = str(selectors.access_booking(actor, booking_id).public_id)
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        review = _review_of(booking, actor)
        by_owner = booking.owner_id == actor.pk
        if review.reports.filter(by_owner=by_owner).exists():
            raise Conflict("no_show_already_reported", "We have your word on this stay.")
        report = NoShowReport.objects.create(review=review, reporter=actor, by_owner=by_owner, who=who, note=note)
        append(review, "said", actor=actor, reason=f"{'owner' if by_owner else 'sitter'}: {who}")
        refund_id = _settle_if_agreed(booking, review)
    if refund_id:
        escrow.execute_refund(refund_id)
    report.review.refresh_from_db()
    return report


def decide_no_show(*, actor: User, review_id: str, outcome: str, reason: str) -> NoShowReview:
    """Staff settles what happened, and where the money goes with it.

    Raises: Forbidden `not_allowed` | `own_booking`; NotFound; InvalidInput naming the field; Conflict
    `no_show_settled` (details: outcome) | `booking_moved`, and as escrow's refunds.
    """
    if not accounts.belongs_to(actor, *WHO_MAY):
        raise Forbidden("not_allowed", "Only Operations and Trust & Safety decide about stays.")
    if outcome not in Attendance.values:
        raise InvalidInput.field("outcome", f"must be one of {', '.join(Attendance.values)}.")
    if not 1 <= len(reason.strip()) <= 200:
        raise InvalidInput.field("reason", "Say why, in up to 200 characters: it goes into the record.")
    review = _find(review_id)
    key = str(review.booking.public_id)
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        if actor.pk in {booking.owner_id, booking.sitter.user_id}:
            raise Forbidden("own_booking", "Somebody else decides about a stay of your own.")
        refund_id = settle(booking, review, Attendance(outcome), actor=actor, reason=reason.strip())
        audit.record(
            actor, "bookings.no_show", f"booking:{key}", reason=reason, review=str(review.public_id), outcome=outcome
        )
    if refund_id:
        escrow.execute_refund(refund_id)
    return _find(review_id)


def _due() -> Any:
    return Booking.objects.not_started(business_now(), settings.NO_SHOW_REVIEW_AFTER)


def _review(booking_id: str) -> bool | None:
    with transaction.atomic(durable=True):
        booking = try_lock_booking(booking_id)
        if booking is None:
            return None
        if not _due().filter(pk=booking.pk, no_show_review__isnull=True).exists():
            return False
        _open(booking, actor=None, reason="nobody started the stay")
    return True


def _open(booking: Booking, *, actor: User | None, reason: str) -> NoShowReview:
    review = NoShowReview.objects.create(booking=booking)
    append(review, "opened", actor=actor, reason=reason)
    events.publish(NoShowReviewOpened(booking_id=str(booking.public_id), review_id=str(review.public_id)))
    return review


def _review_of(booking: Booking, actor: User) -> NoShowReview:
    """Return the open review of a locked booking; one of its people opens it once the stay should have begun."""
    review = NoShowReview.objects.filter(booking=booking).first()
    if review is not None and review.outcome:
        raise settled(review)
    if booking.status != BookingStatus.CONFIRMED:
        raise wrong_state(booking)
    if review is not None:
        return review
    if booking.scheduled_start_at > business_now():
        begins = booking.scheduled_start_at.isoformat()
        raise Conflict("too_early", f"The stay begins at {begins}.", {"scheduled_start_at": begins})
    return _open(booking, actor=actor, reason="one of the two says that it did not begin as agreed")


def _settle_if_agreed(booking: Booking, review: NoShowReview) -> str | None:
    said = {report.by_owner: Attendance(report.who) for report in review.reports.all()}
    by_owner, by_sitter = said.get(True), said.get(False)
    if by_sitter == Attendance.SITTER_ABSENT:
        outcome, reason = Attendance.SITTER_ABSENT, "the sitter says so"
    elif by_sitter is not None and by_sitter == by_owner:
        outcome, reason = by_sitter, "both say the same"
    else:
        return None
    try:
        with transaction.atomic():
            return settle(booking, review, outcome, actor=None, reason=reason)
    except Conflict as refusal:  # such as a disputed payment: what was said stays, staff goes on from there
        append(review, "left to staff", actor=None, reason=f"{reason}, but: {refusal.code}")
        return None


def _find(review_id: str) -> NoShowReview:
    key = parse_public_id(review_id)
    review = NoShowReview.objects.select_related("booking").filter(public_id=key).first() if key else None
    if review is None:
        raise NotFound
    return review
