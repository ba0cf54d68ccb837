"""How payments calls back for what it took and gave back: the purposes `wash` and `wash_top_up`."""

from apps.payments.purposes import PurposeHandler
from apps.payments.types import DisputeView, PaymentView, RefundView
from apps.stations.services import disputes, refunds, settlement, top_up_refunds, top_up_words
from apps.stations.services.accounts import PURPOSE, TOP_UP_PURPOSE
from apps.stations.services.moves import lock_top_up, lock_wash


class WashPurpose(PurposeHandler):
    """Hands each result to the settlement, inside the transaction that records it."""

    purpose = PURPOSE

    def lock_for_dispute(self, payment: PaymentView) -> None:
        """Lock the wash, as its refunds do before they lock the payment."""
        lock_wash(payment.subject)

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
        refunds.refund_succeeded(refund)

    def refund_failed(self, refund: RefundView) -> None:
        """Call a person."""
        refunds.refund_failed(refund)

    def dispute_won(self, dispute: DisputeView) -> None:
        """Send a refund that waited for the bank."""
        disputes.dispute_won(dispute)

    def dispute_lost(self, dispute: DisputeView) -> None:
        """Book the loss."""
        disputes.dispute_lost(dispute)


class TopUpPurpose(PurposeHandler):
    """The payment of a top-up, and the refund of one that goes back alone.

    What goes back with its wash is a refund of the purpose `wash`.
    """

    purpose = TOP_UP_PURPOSE

    def lock_for_dispute(self, payment: PaymentView) -> None:
        """Lock the wash and the top-up, as refunds do before they lock the payment."""
        lock_top_up(payment.subject)

    def payment_succeeded(self, payment: PaymentView) -> None:
        """Book the revenue and raise the total."""
        top_up_words.payment_succeeded(payment)

    def payment_failed(self, payment: PaymentView) -> None:
        """End the top-up; the wash goes on."""
        top_up_words.payment_ended(payment)

    def payment_cancelled(self, payment: PaymentView) -> None:
        """End the top-up; the wash goes on."""
        top_up_words.payment_ended(payment)

    def refund_succeeded(self, refund: RefundView) -> None:
        """Reverse the revenue and close the top-up."""
        top_up_refunds.refund_succeeded(refund)

    def refund_failed(self, refund: RefundView) -> None:
        """Call a person."""
        top_up_refunds.refund_failed(refund)

    def dispute_won(self, dispute: DisputeView) -> None:
        """Send a refund that waited for the bank."""
        disputes.top_up_dispute_won(dispute)

    def dispute_lost(self, dispute: DisputeView) -> None:
        """Book the loss."""
        disputes.top_up_dispute_lost(dispute)
