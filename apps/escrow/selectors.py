"""Reads of protected payments. Who may ask is decided by the app that owns the booking."""

from datetime import datetime

from django.db.models import Q

from apps.common.clock import business_now
from apps.common.errors import NotFound
from apps.common.money import Money
from apps.escrow.models import Hold, Refund, Release
from apps.escrow.states import HoldState
from apps.escrow.types import HoldView, PayoutView, RefundView, Whereabouts
from apps.escrow.views import view_hold, view_payout, view_refund
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef


def hold_of(booking_id: str) -> HoldView:
    """Return the hold of a booking.

    Raises: NotFound.
    """
    return view_hold(_hold(booking_id))


def payout_of(booking_id: str) -> PayoutView | None:
    """Return the payout that is under way or done, if there is one."""
    alive = Release.objects.select_related("hold").exclude(status=Release.Status.FAILED)
    release = alive.filter(hold__booking_id=booking_id).first()
    return view_payout(release) if release else None


def refunds_of(booking_id: str) -> list[RefundView]:
    """Return all refunds of a booking, oldest first."""
    rows = Refund.objects.select_related("hold").filter(hold__booking_id=booking_id)
    return [view_refund(row) for row in rows.order_by("id")]


def whereabouts(booking_id: str, as_of: datetime | None = None) -> list[Whereabouts]:
    """Say in plain words where each cent of a booking is; the amounts add up to what was paid.

    Money still held is read from the ledger; what left it, from the confirmed payout and refunds.
    """
    hold = _hold(booking_id)
    held = ledger.balance(AccountRef("escrow", booking_id), hold.currency, as_of=as_of)
    deferred = ledger.balance(AccountRef("owner_fee_deferred", booking_id), hold.currency, as_of=as_of)
    places = [
        Whereabouts("held_for_stay", held, _why_held(hold)),
        Whereabouts("owner_fee_not_yet_earned", deferred, "Our service fee; earned when the sitter is paid."),
        *_refunded(hold, as_of),
        *_released(hold, as_of),
    ]
    return [place for place in places if place.amount]


def payouts_due() -> int:
    """Return how many payouts are due now and blocked by nothing."""
    return Hold.objects.payable(business_now()).count()


def payouts_blocked() -> int:
    """Return how many payouts wait although their clock runs: frozen or disputed."""
    blocked = Q(frozen_at__isnull=False) | Q(disputed_at__isnull=False)
    return Hold.objects.filter(blocked, state=HoldState.RELEASE_DUE).count()


def _hold(booking_id: str) -> Hold:
    hold = Hold.objects.filter(booking_id=booking_id).first()
    if hold is None:
        raise NotFound
    return hold


def _why_held(hold: Hold) -> str:
    if hold.frozen_at is not None:
        return "Held, and frozen while a problem is looked into."
    if hold.disputed_at is not None:
        return "Held while the cardholder's bank decides a dispute."
    if hold.state == HoldState.REFUNDING:
        return "Held; a refund is on its way through the payment provider."
    if hold.release_due_at is not None:
        return f"Held until {hold.release_due_at.isoformat()}, then paid to the sitter, less the sitter's fee."
    return "Held until 24 hours after the stay."


def _refunded(hold: Hold, as_of: datetime | None) -> list[Whereabouts]:
    paid = hold.refunds.filter(status=Refund.Status.PAID).order_by("id")
    if as_of is not None:
        paid = paid.filter(settled_at__lte=as_of)
    return [
        Whereabouts(
            "refunded_to_owner",
            Money(row.stay_minor + row.owner_fee_minor, row.currency),
            f"Sent back to the owner's card ({row.reason.replace('_', ' ')}).",
        )
        for row in paid
    ]


def _released(hold: Hold, as_of: datetime | None) -> list[Whereabouts]:
    alive = hold.releases.exclude(status=Release.Status.FAILED)
    if as_of is not None:
        alive = alive.filter(started_at__lte=as_of)
    release = alive.first()
    if release is None:
        return []
    paid = release.settled_at is not None and (as_of is None or release.settled_at <= as_of)
    place, why = (
        ("paid_to_sitter", "Sent to the sitter's payout account.")
        if paid
        else ("on_its_way_to_sitter", "On its way to the sitter's payout account.")
    )
    currency = release.currency
    return [
        Whereabouts(place, Money(release.payout_minor, currency), why),
        Whereabouts("sitter_fee", Money(release.sitter_fee_minor, currency), "The sitter's service fee, ours."),
        Whereabouts("owner_fee", Money(release.owner_fee_minor, currency), "The owner's service fee, ours."),
    ]
