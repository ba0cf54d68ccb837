"""Reads of protected payments. Who may ask is decided by the app that owns the booking."""

from collections.abc import Iterator
from datetime import datetime

from apps.common.clock import business_now
from apps.common.errors import NotFound
from apps.common.money import Money
from apps.escrow.models import Hold, Refund, Release, ReleasePart
from apps.escrow.states import HoldState, PartStatus
from apps.escrow.types import EarningView, HoldView, MoneyThen, PayoutView, RefundView, Whereabouts
from apps.escrow.views import view_hold, view_payout, view_refund
from apps.escrow.whereabouts import money_then


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


def money_of(booking_id: str, as_of: datetime | None = None) -> MoneyThen:
    """Say in plain words where each cent of a booking is, or was at an instant; it adds up to what was paid.

    Raises: NotFound.
    """
    return money_then(_hold(booking_id), as_of or business_now())


def whereabouts(booking_id: str, as_of: datetime | None = None) -> list[Whereabouts]:
    """Return the places of `money_of` alone.

    Raises: NotFound.
    """
    return money_of(booking_id, as_of).places


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
