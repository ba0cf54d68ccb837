"""The owner pays; and what becomes of a booking that nobody paid or answered in time."""

import logging
from datetime import timedelta

from django.db import transaction

from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.models import Booking
from apps.bookings.schedule import nights_of
from apps.bookings.services.moves import lock_booking, lock_row, move
from apps.bookings.services.turns import BATCH, in_turn
from apps.bookings.states import AGREED, BookingStatus
from apps.bookings.types import Service
from apps.common.clock import business_now
from apps.common.errors import Conflict, DomainError, PaymentRefused, Unavailable
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.escrow.types import DepositView, HoldMove
from apps.sitters import services as sitters

logger = logging.getLogger(__name__)

ANSWER_WINDOW = timedelta(hours=24)
_ON = frozenset({BookingStatus.REQUESTED, BookingStatus.CONFIRMED, BookingStatus.IN_PROGRESS})


def deposit(*, actor: User, booking_id: str, payment_method: str) -> tuple[Booking, DepositView]:
    """Charge the owner and hold the money; the booking is then the sitter's to answer.

    Never two charges: a repeat resumes the attempt that is under way. Without a clear answer of the gateway the
    attempt is shown as it stands; the sweep finishes it.
    Raises: NotFound; Forbidden `only_the_owner`; Conflict `payment_window_over` | `already_paid` |
    `payment_in_progress` | `booking_moved`; PaymentRefused with the card's refusal.
    """
    key = selectors.access_key_as_owner(actor, booking_id)
    try:
        result = escrow.StayPetEscrow.deposit_funds(
            booking_id=key,
            payment_method=payment_method,
            actor=actor,
            admit=lambda: _refuse_unpayable(key),
        )
    except Unavailable as unclear:
        if unclear.code != "payment_unconfirmed":
            raise
    else:
        return _told(actor, booking_id, result)
    return deposit_again(actor=actor, booking_id=booking_id, payment_method=payment_method)


def deposit_again(*, actor: User, booking_id: str, payment_method: str) -> tuple[Booking, DepositView]:
    """Return what has come since of a deposit with this payment method; nothing is charged.

    Raises: NotFound; Forbidden `only_the_owner`; PaymentRefused with the card's refusal.
    """
    key = selectors.access_key_as_owner(actor, booking_id)
    return _told(actor, booking_id, escrow_q.deposit_of(key, payment_method))


def _told(actor: User, booking_id: str, result: DepositView) -> tuple[Booking, DepositView]:
    if result.payment_status in {"failed", "cancelled"}:
        raise PaymentRefused(
            result.failure_code or "payment_cancelled",
            result.failure_message or "The payment did not go through. Try again or use another card.",
        )
    return selectors.access_as_owner(actor, booking_id), result


def settle_paid(hold: HoldMove) -> None:
    """The money is held: ask the sitter. Late money reserves the nights again, or goes back.

    Inside the transaction of the payment's result, which has locked the hold. Money that goes back moves the hold on.
    """
    booking_id = hold.booking_id
    booking = lock_row(booking_id)
    if booking.status == BookingStatus.EXPIRED:
        if not _reserve_again(booking):
            escrow.prepare_full_refund(booking_id=booking_id, reason="paid_after_expiry", actor=None)
            return
    elif booking.status != BookingStatus.PENDING_PAYMENT:
        escrow.prepare_full_refund(booking_id=booking_id, reason="paid_after_cancellation", actor=None)
        return
    now = business_now()
    due = max(now, min(now + ANSWER_WINDOW, booking.scheduled_end_at))
    move(
        booking,
        BookingStatus.REQUESTED,
        actor=None,
        reason="payment held",
        escrow_status=hold.state,
        requested_at=now,
        answer_due_at=due,
    )


def wants_change(booking_id: str) -> bool:
    """Tell whether money that arrives for a change of a booking serves it: asked for, agreed, or under way.

    Inside the transaction of the payment's result, which has locked the hold. Its nights are the stay's own and still
    taken, so nothing has to be reserved again; for every other booking the difference goes back in full.
    """
    return lock_row(booking_id).status in _ON


def expire_overdue() -> int:
    """Expire bookings that nobody paid or answered in time; return how many.

    Each on its own: one gateway's silence keeps one booking's nights, nobody else's. What failed
    before waits behind what was not tried yet.
    """
    now = business_now()
    unpaid = Booking.objects.filter(status=BookingStatus.PENDING_PAYMENT, hold_expires_at__lte=now)
    unanswered = Booking.objects.filter(status=BookingStatus.REQUESTED, answer_due_at__lte=now)
    return in_turn(unpaid, _expire_unpaid, batch=BATCH) + in_turn(unanswered, _expire_unanswered, batch=BATCH)


def _refuse_unpayable(booking_id: str) -> None:
    booking = lock_row(booking_id)
    if booking.status in AGREED | {BookingStatus.REQUESTED}:
        raise Conflict("already_paid", "This booking is already paid.", transient=True)
    if booking.status == BookingStatus.EXPIRED or booking.hold_expires_at <= business_now():
        raise Conflict("payment_window_over", "The nights were kept for 15 minutes: ask for a new price.")
    if booking.status != BookingStatus.PENDING_PAYMENT:
        raise Conflict("booking_moved", "This booking was called off.", {"status": booking.status})


def _reserve_again(booking: Booking) -> bool:
    nights = nights_of(Service(booking.service), booking.start_date, booking.end_date)
    try:
        with transaction.atomic():
            sitters.reserve_nights(
                sitter_id=booking.sitter_id,
                service=booking.service,
                nights=list(nights),
                pets=booking.pet_count,
                booking=str(booking.public_id),
            )
    except DomainError as refusal:
        logger.info("late payment goes back", extra={"booking": str(booking.public_id), "why": refusal.code})
        return False
    return True


def _expire_unpaid(booking_id: str) -> bool:
    """Cancel the payment first; the nights are free only when that is confirmed."""
    if not escrow.cancel_attempts(booking_id):
        return False
    with transaction.atomic(durable=True):
        booking = lock_booking(booking_id)
        if booking.status != BookingStatus.PENDING_PAYMENT or booking.hold_expires_at > business_now():
            return False
        escrow.void_unpaid(booking_id=booking_id, actor=None, reason="not paid in time")
        move(booking, BookingStatus.EXPIRED, actor=None, reason="not paid in time")
        sitters.free_nights(booking=booking_id)
    return True


def _expire_unanswered(booking_id: str) -> bool:
    with transaction.atomic(durable=True):
        booking = lock_booking(booking_id)
        due = booking.answer_due_at
        if booking.status != BookingStatus.REQUESTED or due is None or due > business_now():
            return False
        move(booking, BookingStatus.EXPIRED, actor=None, reason="the sitter did not answer in time")
        sitters.free_nights(booking=booking_id)
        refund = escrow.prepare_full_refund(booking_id=booking_id, reason="not_answered", actor=None)
    escrow.execute_refund(refund.id)
    return True
