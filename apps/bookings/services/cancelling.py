"""Cancelling: a refund quote names the amount, the rule and the clock; cancelling presents it."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction

from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.cancellation import Cancellation, RefundTerms, refund_terms
from apps.bookings.models import Booking
from apps.bookings.services.moves import lock_booking, move, wrong_state
from apps.bookings.services.settling import refuse_in_review
from apps.bookings.states import BookingStatus
from apps.bookings.types import CancellationPolicy
from apps.common.clock import business_now
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.sitters import services as sitters

QUOTE_LIFETIME = timedelta(minutes=10)
_SALT = "bookings.refund-quote"
_PAID = frozenset({BookingStatus.REQUESTED, BookingStatus.CONFIRMED})


@dataclass(frozen=True)
class RefundQuote:
    """What cancelling now gives back; `token` is presented to cancel at these terms."""

    token: str
    rule: str
    percent: int
    stay: Money
    owner_fee: Money
    why: str
    expires_at: datetime

    @property
    def total(self) -> Money:
        """What goes back to the card."""
        return self.stay + self.owner_fee


@dataclass(frozen=True)
class _Signed:
    """What the token says; signed, so that nobody writes terms of their own."""

    booking: str
    actor: str
    rule: str
    percent: int
    stay_minor: int
    owner_fee_minor: int
    expires_at: str


def quote_refund(*, actor: User, booking_id: str) -> RefundQuote:
    """Say what cancelling now would give back, valid for ten minutes.

    Raises: NotFound; Conflict `booking_moved` when the booking cannot be cancelled any more,
    `no_show_in_review` while it is asked why it did not begin.
    """
    booking = selectors.access_booking(actor, booking_id)
    refuse_in_review(booking)
    now = business_now()
    terms = _terms(booking, actor, now)
    expires_at = now + QUOTE_LIFETIME
    signed = _Signed(
        booking=str(booking.public_id),
        actor=str(actor.public_id),
        rule=terms.rule,
        percent=terms.percent,
        stay_minor=terms.stay.amount_minor,
        owner_fee_minor=terms.owner_fee.amount_minor,
        expires_at=expires_at.isoformat(),
    )
    return RefundQuote(
        token=signing.dumps(asdict(signed), salt=_SALT),
        rule=terms.rule,
        percent=terms.percent,
        stay=terms.stay,
        owner_fee=terms.owner_fee,
        why=terms.why,
        expires_at=expires_at,
    )


def cancel(*, actor: User, booking_id: str, refund_quote: str) -> Booking:
    """Call a booking off at the terms of a refund quote; what stays with the sitter is paid later.

    Raises: NotFound; InvalidInput for a quote that is not of this booking and person; Conflict
    `refund_quote_expired` | `quote_outdated` | `no_show_in_review` | `booking_moved` | `payment_in_progress`.
    """
    booking = selectors.access_booking(actor, booking_id)
    key = str(booking.public_id)
    if booking.status == BookingStatus.CANCELLED:
        return booking
    signed = _read(refund_quote, key, actor)
    if booking.status == BookingStatus.PENDING_PAYMENT and not escrow.cancel_attempts(key):
        raise Conflict(
            "payment_in_progress", "The payment is just being processed; ask for a new refund quote.", transient=True
        )
    refund_id = _call_off(key, actor, signed)
    if refund_id:
        escrow.execute_refund(refund_id)
    return selectors.access_booking(actor, key)


def _call_off(key: str, actor: User, signed: _Signed) -> str | None:
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        refuse_in_review(booking)
        _refuse_outdated(booking, actor, signed)
        paid = booking.status in _PAID
        if booking.status == BookingStatus.CONFIRMED and actor.pk != booking.owner_id:
            sitters.count_cancelled_stay(sitter_id=booking.sitter_id)
        move(booking, BookingStatus.CANCELLED, actor=actor, reason=f"cancelled: {signed.rule}")
        sitters.free_nights(booking=key)
        if not paid:
            escrow.void_unpaid(booking_id=key, actor=actor, reason="cancelled before payment")
            return None
        return _give_back(booking, actor, signed)


def _refuse_outdated(booking: Booking, actor: User, signed: _Signed) -> None:
    """Refuse a quote that would say something else had it been asked for now, at the same notice.

    Its ten minutes protect from the clock alone: a booking that was paid or answered meanwhile, or whose
    tier changed, has terms of its own.
    """
    asked_at = datetime.fromisoformat(signed.expires_at) - QUOTE_LIFETIME
    terms = _terms(booking, actor, asked_at)
    if (terms.percent, terms.rule == "not_paid") != (signed.percent, signed.rule == "not_paid"):
        raise Conflict("quote_outdated", "The booking moved on since this quote: ask for a new refund quote.")


def _give_back(booking: Booking, actor: User, signed: _Signed) -> str | None:
    """Start the clock for what the sitter keeps, then refund the rest."""
    key = str(booking.public_id)
    hold = escrow.lock(key)
    # What went back since the quote was given is part of what it promised.
    stay = min(Money(signed.stay_minor, booking.currency), hold.stay_left)
    fee = min(Money(signed.owner_fee_minor, booking.currency), hold.owner_fee_left)
    if stay < hold.stay_left:
        now = business_now()
        escrow.start_release_clock(
            booking_id=key, completed_at=now, scheduled_end_at=now, actor=actor, reason=f"cancelled: {signed.rule}"
        )
    parts = escrow.Parts(stay, fee)
    if not parts.total:
        return None
    return escrow.prepare_refund(booking_id=key, parts=parts, reason=signed.rule, actor=actor).id


def _terms(booking: Booking, actor: User, now: datetime) -> RefundTerms:
    zero = Money.zero(booking.currency)
    if booking.status == BookingStatus.PENDING_PAYMENT:
        return RefundTerms("not_paid", 100, zero, zero, "Nothing was paid yet.")
    if booking.status not in _PAID:
        raise wrong_state(booking)
    facts = Cancellation(
        policy=CancellationPolicy(booking.cancellation_policy),
        booked_at=booking.created_at,
        starts_at=booking.scheduled_start_at,
        now=now,
        by_owner=actor.pk == booking.owner_id,
    )
    hold = escrow_q.hold_of(str(booking.public_id))
    if booking.status == BookingStatus.REQUESTED and facts.by_owner:
        # Nobody has agreed to anything yet: a request is withdrawn without a cost.
        why = "The sitter has not answered yet: everything goes back."
        return RefundTerms("request_withdrawn", 100, hold.stay_left, hold.owner_fee_left, why)
    # Of all that was paid, changes of the booking included; what went back before is gone already.
    terms = refund_terms(facts, hold.stay, hold.owner_fee)
    return replace(terms, stay=min(terms.stay, hold.stay_left), owner_fee=min(terms.owner_fee, hold.owner_fee_left))


def _read(token: str, booking_id: str, actor: User) -> _Signed:
    try:
        said: dict[str, Any] = signing.loads(token, salt=_SALT)
        signed = _Signed(**said)
    except (signing.BadSignature, TypeError):
        raise InvalidInput.field("refund_quote", "Get it from refund-quote of this booking.") from None
    if signed.booking != booking_id or signed.actor != str(actor.public_id):
        raise InvalidInput.field("refund_quote", "Get it from refund-quote of this booking.")
    if datetime.fromisoformat(signed.expires_at) <= business_now():
        raise Conflict("refund_quote_expired", "This refund quote is too old: ask for a new one.")
    return signed
