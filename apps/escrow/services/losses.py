"""What a lost dispute costs: money that is held for the booking pays first, also what comes back later; then we do."""

from collections.abc import Sequence

from apps.common.db import require_transaction
from apps.common.money import Money
from apps.escrow import corrections
from apps.escrow.amounts import Parts
from apps.escrow.models import Dispute, DisputeChange, Funding, Hold
from apps.escrow.services.holds import move
from apps.escrow.services.shares import Share, give_back, left_in, take
from apps.escrow.states import HoldState

_HELD = frozenset({HoldState.HELD, HoldState.RELEASE_DUE})


def hold_again(hold: Hold, shares: Sequence[Share]) -> None:
    """Take a promise back: the shares are held again.

    Of a payment that a bank has given back to the owner meanwhile, they first pay what that loss cost us:
    the gateway would neither refund nor transfer them any more.
    """
    require_transaction()
    give_back(hold, shares)
    for funding, _ in shares:
        for dispute in hold.disputes.filter(funding=funding, status=Dispute.Status.LOST).order_by("id"):
            _cover(hold, dispute)


def take_for_loss(hold: Hold, funding_id: int, loss: Money) -> Parts:
    """Take a loss, or what is held of the payment when that is less, by the components' shares; return it."""
    require_transaction()
    funding = Funding.objects.get(pk=funding_id)
    left = left_in(hold, funding)
    lost = min(loss, left.total)
    if not lost:
        return Parts.of(0, 0, hold.currency)
    parts = left if lost == left.total else Parts(*lost.allocate([left.stay.amount_minor, left.owner_fee.amount_minor]))
    take(hold, [(funding, parts)])
    hold.stay_refunded_minor += parts.stay.amount_minor
    hold.owner_fee_refunded_minor += parts.owner_fee.amount_minor
    hold.save(update_fields=["stay_refunded_minor", "owner_fee_refunded_minor"])
    return parts


def is_whole(hold: Hold) -> bool:
    """Tell whether everything that was paid went back to the owner, by refunds or by the bank."""
    refunded = (hold.stay_refunded_minor, hold.owner_fee_refunded_minor)
    return refunded == (hold.stay_minor, hold.owner_fee_minor)


def end_if_whole(hold: Hold) -> None:
    """End a hold whose money a lost dispute took entirely."""
    if hold.state in _HELD and is_whole(hold):
        move(hold, HoldState.REFUNDED, actor=None, reason="a lost dispute took what was left")


def charged_back(hold: Hold) -> set[int]:
    """Return the fundings of which a bank took money for good: the gateway refunds them no more."""
    return set(hold.disputes.filter(status=Dispute.Status.LOST).values_list("funding_id", flat=True))


def _cover(hold: Hold, dispute: Dispute) -> None:
    ours = Money(dispute.borne_minor - dispute.recovered_minor, hold.currency)
    covered = take_for_loss(hold, dispute.funding_id, ours)
    if not covered.total:
        return
    dispute.stay_lost_minor += covered.stay.amount_minor
    dispute.owner_fee_lost_minor += covered.owner_fee.amount_minor
    dispute.borne_minor -= covered.total.amount_minor
    dispute.save(update_fields=["stay_lost_minor", "owner_fee_lost_minor", "borne_minor"])
    before = dispute.changes.latest("id")
    change = DisputeChange.objects.create(
        dispute=dispute, status=dispute.status, withdrawn_minor=before.withdrawn_minor
    )
    corrections.post_loss_covered(hold, change, covered)
