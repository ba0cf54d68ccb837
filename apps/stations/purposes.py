"""How payments calls back for what it took and gave back: the purpose `wash`."""

from apps.payments.purposes import PurposeHandler
from apps.payments.types import DisputeView, PaymentView, RefundView
from apps.stations.services import settlement


class WashPurpose(PurposeHandler):
    """Hands each result to the settlement, inside the transaction that records it."""

    purpose = settlement.PURPOSE

    def payment_succeeded(self, payment: PaymentView) -> None:
        """Book the revenue and send the start."""
        settlement.payment_succeeded(payment)

    def payment_failed(self, payment: PaymentView) -> None:
        """End the lease."""
        settlement.payment_ended(payment)

    def payment_cancelled(self, payment: PaymentView) -> None:
        """End the lease."""
        settlement.payment_ended(payment)

    def refund_succeeded(self, refund: RefundView) -> None:
        """Reverse the revenue and close the wash."""
        settlement.refund_succeeded(refund)

    def refund_failed(self, refund: RefundView) -> None:
        """Call a person."""
        settlement.refund_failed(refund)

    def dispute_won(self, dispute: DisputeView) -> None:
        """Send a refund that waited for the bank."""
        settlement.dispute_won(dispute)

    def dispute_lost(self, dispute: DisputeView) -> None:
        """Book the loss."""
        settlement.dispute_lost(dispute)
