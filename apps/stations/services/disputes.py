"""A bank's word on a payment of a wash: what waited for it goes back, or is back through the bank."""

from apps.common.db import require_transaction
from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import credit, debit
from apps.payments import selectors as payments_q
from apps.payments.purposes import bear_loss
from apps.payments.types import DisputeView
from apps.stations.models import TopUp, Wash, WashRefund
from apps.stations.services import refunds, top_up_refunds
from apps.stations.services.accounts import LOSS, REVENUE, SUSPENSE
from apps.stations.services.alerts import clear_alert
from apps.stations.services.moves import lock_top_up, lock_wash, move_top_up
from apps.stations.states import PartStatus, TopUpStatus


def dispute_won(dispute: DisputeView) -> None:
    """Send the part of a wash's refund that waited for the bank."""
    require_transaction()
    _send_part(lock_wash(dispute.subject), dispute)


def dispute_lost(dispute: DisputeView) -> None:
    """Book the loss. What a refund waited to give back, the customer has through the bank: no revenue."""
    require_transaction()
    if not _close_part(lock_wash(dispute.subject), dispute):
        bear_loss(dispute)


def top_up_dispute_won(dispute: DisputeView) -> None:
    """Send what waited for the bank: the top-up's own refund, or the part of its wash's."""
    require_transaction()
    top_up = lock_top_up(dispute.subject)
    if top_up is None or payments_q.open_dispute(dispute.payment_id) is not None:
        return
    if top_up_refunds.waits_for_bank(top_up):
        top_up_refunds.send(top_up, reason="dispute_over")
    else:
        _send_part(top_up.wash, dispute)


def top_up_dispute_lost(dispute: DisputeView) -> None:
    """Book the loss, as `dispute_lost` does, wherever the money waited."""
    require_transaction()
    top_up = lock_top_up(dispute.subject)
    if top_up is not None and top_up_refunds.waits_for_bank(top_up):
        _close_top_up(top_up, dispute)
    elif not _close_part(top_up.wash if top_up else None, dispute):
        bear_loss(dispute)


def _send_part(wash: Wash | None, dispute: DisputeView) -> None:
    part = _waiting(wash, dispute)
    if part is not None and payments_q.open_dispute(dispute.payment_id) is None:
        refunds.send(part, reason="dispute_over")


def _close_part(wash: Wash | None, dispute: DisputeView) -> bool:
    part = _waiting(wash, dispute)
    if wash is None or part is None:
        return False
    back = _book_taken(dispute, part.amount)
    WashRefund.objects.filter(pk=part.pk).update(amount_minor=back.amount_minor)
    refunds.close_part(wash, part, PartStatus.CHARGED_BACK)
    return True


def _close_top_up(top_up: TopUp, dispute: DisputeView) -> None:
    _book_taken(dispute, top_up.price)
    move_top_up(top_up, TopUpStatus.REFUNDED, reason="charged_back")
    clear_alert(top_up.wash.bay.station, top_up_refunds.refund_component(top_up))


def _book_taken(dispute: DisputeView, owed: Money) -> Money:
    """Take what the bank took out of suspense: what was owed anyway off the revenue, the rest as a loss."""
    back = min(dispute.withdrawn, owed)
    if back:
        rest = dispute.withdrawn - back
        legs = [debit(REVENUE, back), debit(LOSS, rest), credit(SUSPENSE, dispute.withdrawn)]
        ledger.post(kind="wash.dispute_lost", key=f"wash-dispute-lost:{dispute.id}", legs=legs)
    return back


def _waiting(wash: Wash | None, dispute: DisputeView) -> WashRefund | None:
    if wash is None:
        return None
    part = wash.refunds.filter(payment_id=dispute.payment_id, status=PartStatus.WAITING).first()
    if part is not None:
        part.wash = wash
    return part
