"""A cardholder's bank disputes a payment: nothing more leaves until it decides, and nothing is lost twice.

While a dispute or an inquiry is open, refunds, claw backs and payouts of the hold are refused. A loss
takes what is still held of that payment, by component; what the sitter was paid already is our loss.
"""

from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.common.money import Money
from apps.escrow import corrections
from apps.escrow.amounts import Parts
from apps.escrow.models import Dispute, DisputeChange, Funding, Hold
from apps.escrow.services import claw_back_results
from apps.escrow.services.arrivals import lies_unused, lock_by_payment
from apps.escrow.services.blockers import block, unblock
from apps.escrow.services.losses import end_if_whole, take_for_loss
from apps.escrow.states import Blocker, HoldState
from apps.payments.types import DisputeView

_Status = Dispute.Status


def record(view: DisputeView) -> None:
    """Record where a dispute stands, and let the hold follow. Inside the payments app's result transaction.

    The same news twice change nothing, and a loss is final. A bank may take up again what it had decided for us.
    """
    require_transaction()
    funding, hold = lock_by_payment(view.payment_id)
    dispute = hold.disputes.filter(dispute_id=view.id).first()
    if dispute is None:
        dispute = _open(hold, funding, view)
    elif dispute.status in {view.status, _Status.LOST}:
        return
    _note(dispute, view)
    if dispute.status in {_Status.INQUIRY, _Status.OPEN}:
        block(hold, Blocker.DISPUTE, actor=None, reason=f"the card's bank disputes {dispute.amount_minor} minor units")
        return
    if dispute.status == _Status.LOST:
        _lose(hold, funding, dispute, view.withdrawn)
    if not hold.disputes.undecided().exists():
        unblock(hold, Blocker.DISPUTE, actor=None, reason=f"the dispute is {dispute.status}")
    _go_on(hold)


def _open(hold: Hold, funding: Funding, view: DisputeView) -> Dispute:
    return Dispute.objects.create(
        hold=hold,
        funding=funding,
        dispute_id=view.id,
        status=view.status,
        currency=hold.currency,
        amount_minor=view.amount.amount_minor,
        bank_reason=view.reason[:60],
        evidence_due_at=view.evidence_due_at,
    )


def _note(dispute: Dispute, view: DisputeView) -> None:
    now = business_now()
    dispute.status = view.status
    dispute.amount_minor = view.amount.amount_minor
    dispute.evidence_due_at = view.evidence_due_at
    dispute.decided_at = None if dispute.status in {_Status.INQUIRY, _Status.OPEN} else now
    dispute.save(update_fields=["status", "amount_minor", "evidence_due_at", "decided_at"])
    DisputeChange.objects.create(
        dispute=dispute, status=view.status, withdrawn_minor=view.withdrawn.amount_minor, happened_at=now
    )


def _lose(hold: Hold, funding: Funding, dispute: Dispute, withdrawn: Money) -> None:
    """Take a loss out of what is held of the payment, by the components' shares; beyond that it is ours."""
    lost = _of_surplus(hold, funding, withdrawn) if funding.surplus else take_for_loss(hold, funding.pk, withdrawn)
    dispute.stay_lost_minor = lost.stay.amount_minor
    dispute.owner_fee_lost_minor = lost.owner_fee.amount_minor
    dispute.borne_minor = (withdrawn - lost.total).amount_minor
    dispute.save(update_fields=["stay_lost_minor", "owner_fee_lost_minor", "borne_minor"])
    corrections.post_dispute_lost(hold, dispute)


def _of_surplus(hold: Hold, funding: Funding, withdrawn: Money) -> Parts:
    """A payment that the hold had no use for lies beside the stay's money until it has gone back."""
    there = funding.total_in(hold.currency) if lies_unused(funding) else Money.zero(hold.currency)
    return Parts(min(withdrawn, there), Money.zero(hold.currency))


def _go_on(hold: Hold) -> None:
    """Let the hold go on where it stood; one whose money a lost dispute took entirely is at its end."""
    end_if_whole(hold)
    if hold.state == HoldState.CLAWING_BACK:
        for row in hold.claw_backs.under_way():
            claw_back_results.carry_on(hold, row)
