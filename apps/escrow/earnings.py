"""What moved payees' earnings: payouts that arrived, and payouts that were taken back."""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge

from apps.common.money import Money
from apps.escrow.models import ClawBackPart, Hold, ReleasePart
from apps.escrow.states import PartStatus
from apps.escrow.types import EarningView

ROWS_AT_ONCE = 1_000


def earnings(since: datetime, until: datetime, payee_user_id: int | None = None) -> Iterator[EarningView]:
    """Return the movements in [since, until), payee by payee, oldest first; two queries, memory stays flat."""
    window = {"settled_at__gte": since, "settled_at__lt": until}
    paid = ReleasePart.objects.filter(status=PartStatus.PAID, **window).select_related("release__hold")
    taken = ClawBackPart.objects.filter(**window).select_related("claw_back__hold")
    if payee_user_id is not None:
        paid = paid.filter(release__hold__payee_user_id=payee_user_id)
        taken = taken.filter(claw_back__hold__payee_user_id=payee_user_id)
    paid = paid.order_by("release__hold__payee_user_id", "settled_at", "id")
    taken = taken.order_by("claw_back__hold__payee_user_id", "settled_at", "id")
    yield from merge(
        (_of_payout(part) for part in paid.iterator(chunk_size=ROWS_AT_ONCE)),
        (_of_claw_back(part) for part in taken.iterator(chunk_size=ROWS_AT_ONCE)),
        key=lambda row: (row.payee_user_id, row.happened_at),
    )


def payees_since(since: datetime) -> list[int]:
    """Return the user ids of those whose earnings moved since an instant."""
    paid = ReleasePart.objects.filter(status=PartStatus.PAID, settled_at__gte=since)
    taken = ClawBackPart.objects.filter(settled_at__gte=since)
    payees = {*paid.values_list("release__hold__payee_user_id", flat=True).distinct()}
    payees |= {*taken.values_list("claw_back__hold__payee_user_id", flat=True).distinct()}
    return sorted(payees)


def _of_payout(part: ReleasePart) -> EarningView:
    return _view(
        part,
        part.release.hold,
        kind="payout",
        sitter_fee=part.sitter_fee_minor,
        offset=part.offset_minor,
        paid=part.payout_minor,
    )


def _of_claw_back(part: ClawBackPart) -> EarningView:
    """What came back counts as paid back; what did not is a debt, kept of later payouts."""
    return _view(
        part,
        part.claw_back.hold,
        kind="claw_back",
        sitter_fee=-part.sitter_fee_minor,
        offset=part.reversed_minor - part.sitter_minor,
        paid=-part.reversed_minor,
    )


def _view(
    part: ReleasePart | ClawBackPart, hold: Hold, *, kind: str, sitter_fee: int, offset: int, paid: int
) -> EarningView:
    assert part.settled_at is not None, "the window has settled parts alone"
    return EarningView(
        id=str(part.public_id),
        kind=kind,
        payee_user_id=hold.payee_user_id,
        booking_id=hold.booking_id,
        happened_at=part.settled_at,
        stay=Money(sitter_fee + offset + paid, hold.currency),
        sitter_fee=Money(sitter_fee, hold.currency),
        offset=Money(offset, hold.currency),
        paid=Money(paid, hold.currency),
    )
