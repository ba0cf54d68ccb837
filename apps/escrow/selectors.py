"""Reads of protected payments. Who may ask is decided by the app that owns the booking."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, Sum

from apps.common.clock import business_now
from apps.common.errors import NotFound
from apps.common.money import Money
from apps.escrow.journals import surplus_key
from apps.escrow.models import Hold, Refund, RefundPart, Release, ReleasePart
from apps.escrow.states import HoldState, PartStatus
from apps.escrow.types import EarningView, HoldView, PayoutView, RefundView, Whereabouts
from apps.escrow.views import view_hold, view_payout, view_refund
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef


def hold_of(booking_id: str) -> HoldView:
    """Return the hold of a booking.

    Raises: NotFound.
    """
    return view_hold(_hold(booking_id))


def payout_of(booking_id: str) -> PayoutView | None:
    """Return the payout that is under way or done, wholly or in part, if there is one."""
    alive = Release.objects.select_related("hold").exclude(status=Release.Status.FAILED)
    release = alive.filter(hold__booking_id=booking_id).order_by("id").last()
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
    surplus = _paid_too_much(hold, as_of)
    places = [
        Whereabouts("held_for_stay", held - surplus, _why_held(hold)),
        Whereabouts("paid_too_much", surplus, "Paid twice, or too late to be of use; it goes back to the card."),
        Whereabouts("owner_fee_not_yet_earned", deferred, "Our service fee; earned when the sitter is paid."),
        *_refunded(hold, as_of),
        *_released(hold, as_of),
    ]
    return [place for place in places if place.amount]


def payouts_due() -> int:
    """Return how many payouts are due now and blocked by nothing."""
    return Hold.objects.payable(business_now()).count()


def payouts_blocked() -> int:
    """Return how many payouts wait although their clock runs: frozen, disputed, or the payee is not paid."""
    return Hold.objects.filter(state=HoldState.RELEASE_DUE).blocked().count()


def _hold(booking_id: str) -> Hold:
    hold = Hold.objects.filter(booking_id=booking_id).first()
    if hold is None:
        raise NotFound
    return hold


def _paid_too_much(hold: Hold, as_of: datetime | None) -> Money:
    """Return what lies beside the stay's money and has not gone back: each journal turns the one before around."""
    total = Money.zero(hold.currency)
    for funding in hold.fundings.filter(surplus=True):
        key, lies_here = surplus_key(funding), False
        while (journal := ledger.journal_by_key(key)) and (as_of is None or journal.effective_at <= as_of):
            key, lies_here = f"reverse:{key}", not lies_here
        if lies_here:
            total += funding.total_in(hold.currency)
    return total


def _why_held(hold: Hold) -> str:
    if hold.is_frozen():
        return "Held, and frozen while a problem is looked into."
    if hold.disputed_at is not None:
        return "Held while the cardholder's bank decides a dispute."
    if hold.state == HoldState.REFUNDING:
        return "Held; a refund is on its way through the payment provider."
    if hold.release_due_at is not None:
        return f"Held until {hold.release_due_at.isoformat()}, then paid to the sitter, less the sitter's fee."
    return "Held until 24 hours after the stay."


def _refunded(hold: Hold, as_of: datetime | None) -> list[Whereabouts]:
    """One place for each refund, with what of it had arrived by then."""
    arrived = RefundPart.objects.filter(refund__hold=hold, settled_at__isnull=False)
    arrived = arrived.filter(status=PartStatus.PAID) if as_of is None else arrived.filter(_paid_then(as_of))
    sums: dict[Refund, int] = {}
    for part in arrived.select_related("refund").order_by("id"):
        sums[part.refund] = sums.get(part.refund, 0) + part.stay_minor + part.owner_fee_minor
    return [
        Whereabouts(
            "refunded_to_owner",
            Money(minor, hold.currency),
            f"Sent back to the owner's card ({refund.reason.replace('_', ' ')}).",
        )
        for refund, minor in sums.items()
    ]


def _paid_then(as_of: datetime) -> Q:
    """Refund parts that were confirmed by an instant, and that the bank returned, if at all, after it."""
    confirmed = Q(status=PartStatus.PAID) | Q(returned_at__gt=as_of)
    return confirmed & Q(settled_at__lte=as_of)


def _released(hold: Hold, as_of: datetime | None) -> list[Whereabouts]:
    """What left escrow for the sitter and for us; a transfer that was refused later was on its way until then."""
    parts = ReleasePart.objects.filter(release__hold=hold)
    if as_of is None:
        parts, arrived = parts.exclude(status=PartStatus.FAILED), Q(status=PartStatus.PAID)
    else:
        parts = parts.filter(release__started_at__lte=as_of).exclude(status=PartStatus.FAILED, settled_at__lte=as_of)
        arrived = Q(status=PartStatus.PAID, settled_at__lte=as_of)
    sums = parts.aggregate(
        paid=Sum("payout_minor", filter=arrived),
        all=Sum("payout_minor"),
        offset=Sum("offset_minor"),
        sitter_fee=Sum("sitter_fee_minor"),
        owner_fee=Sum("owner_fee_minor"),
    )
    paid, sent, offset, sitter_fee, owner_fee = (Money(minor or 0, hold.currency) for minor in sums.values())
    return [
        Whereabouts("paid_to_sitter", paid, "Sent to the sitter's payout account."),
        Whereabouts("on_its_way_to_sitter", sent - paid, "On its way to the sitter's payout account."),
        Whereabouts("kept_for_sitters_debt", offset, "The sitter's, kept for what the sitter owed us."),
        Whereabouts("sitter_fee", sitter_fee, "The sitter's service fee, ours."),
        Whereabouts("owner_fee", owner_fee, "The owner's service fee, ours."),
    ]


def earnings(since: datetime, until: datetime, payee_user_id: int | None = None) -> Iterator[EarningView]:
    """Return what moved payees' earnings in [since, until), payee by payee, oldest first; memory stays flat."""
    parts = ReleasePart.objects.filter(status=PartStatus.PAID, settled_at__gte=since, settled_at__lt=until)
    if payee_user_id is not None:
        parts = parts.filter(release__hold__payee_user_id=payee_user_id)
    rows = parts.select_related("release__hold").order_by("release__hold__payee_user_id", "settled_at", "id")
    for part in rows.iterator(chunk_size=1_000):
        yield _earning_of(part)


def payees_since(since: datetime) -> list[int]:
    """Return the user ids of those whose earnings moved since an instant."""
    parts = ReleasePart.objects.filter(status=PartStatus.PAID, settled_at__gte=since)
    payees = parts.order_by("release__hold__payee_user_id").values_list("release__hold__payee_user_id", flat=True)
    return list(payees.distinct())


def _earning_of(part: ReleasePart) -> EarningView:
    assert part.settled_at is not None, "a part that is paid has its instant"
    hold = part.release.hold
    return EarningView(
        id=str(part.public_id),
        kind="payout",
        payee_user_id=hold.payee_user_id,
        booking_id=hold.booking_id,
        happened_at=part.settled_at,
        stay=Money(part.stay_minor, hold.currency),
        sitter_fee=Money(part.sitter_fee_minor, hold.currency),
        offset=Money(part.offset_minor, hold.currency),
        paid=Money(part.payout_minor, hold.currency),
    )
