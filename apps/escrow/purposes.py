"""What escrow does when the gateway's answer is known: the same for the answer and the webhook."""

from collections.abc import Sequence

from apps.escrow.services import (
    arrivals,
    claw_back_results,
    claw_backs,
    disputes,
    goodwill,
    refund_results,
    refunds,
    release_arrivals,
    release_results,
    releases,
    stops,
)
from apps.payments.purposes import PurposeHandler
from apps.payments.types import DisputeView, PaymentView, RefundView, ReversalView, TransferView


class DepositPurpose(PurposeHandler):
    """An owner's payment into a hold."""

    purpose = arrivals.PURPOSE

    def lock_for_dispute(self, payment: PaymentView) -> None:
        """Lock the hold, as refunds and payouts do before they lock the payment."""
        arrivals.lock_by_payment(payment.id)

    def payment_succeeded(self, payment: PaymentView) -> None:
        """Hold the money."""
        arrivals.settle_success(payment)

    def payment_failed(self, payment: PaymentView) -> None:
        """Close the attempt; the owner may try again."""
        arrivals.settle_failure(payment)

    def payment_cancelled(self, payment: PaymentView) -> None:
        """Close the attempt."""
        arrivals.settle_failure(payment)

    def dispute_opened(self, dispute: DisputeView) -> None:
        """Let nothing more leave."""
        disputes.record(dispute)

    def dispute_won(self, dispute: DisputeView) -> None:
        """Let the hold go on where it stood."""
        disputes.record(dispute)

    def dispute_lost(self, dispute: DisputeView) -> None:
        """Take what is held; what was paid out is our loss."""
        disputes.record(dispute)


class SurplusPurpose(PurposeHandler):
    """The return of a payment that the hold had no use for."""

    purpose = arrivals.SURPLUS_PURPOSE

    def refund_succeeded(self, refund: RefundView) -> None:
        """Take it off the books."""
        arrivals.settle_surplus_returned(refund)

    def refund_failed(self, refund: RefundView) -> None:
        """Keep it on the books and call staff."""
        arrivals.settle_surplus_kept(refund)


class ReleasePurpose(PurposeHandler):
    """A transfer of a hold's money to its sitter."""

    purpose = releases.PURPOSE

    def transfer_withheld(self, transfer: TransferView) -> str:
        """Stop what was frozen, disputed or paused between the claim and the call."""
        return stops.withheld(transfer)

    def transfers_withheld(self, transfers: Sequence[TransferView]) -> set[str]:
        """Ask the same of all at once."""
        return stops.withheld_of(transfers)

    def transfer_succeeded(self, transfer: TransferView) -> None:
        """Close the hold when every transfer has arrived."""
        release_results.settle_success(transfer)

    def transfers_succeeded(self, transfers: Sequence[TransferView]) -> None:
        """Close all holds whose transfers have arrived."""
        release_arrivals.settle_successes(transfers)

    def transfer_failed(self, transfer: TransferView) -> None:
        """Put the money back into escrow, due again."""
        release_results.settle_failure(transfer)


class RefundPurpose(PurposeHandler):
    """A refund of a hold's money to its owner."""

    purpose = refunds.PURPOSE

    def refund_succeeded(self, refund: RefundView) -> None:
        """Take the refunded part off the hold."""
        refund_results.settle_success(refund)

    def refund_failed(self, refund: RefundView) -> None:
        """Keep the money and call staff."""
        refund_results.settle_failure(refund)


class ClawBackPurpose(PurposeHandler):
    """A transfer that is taken back from its sitter."""

    purpose = claw_backs.PURPOSE

    def reversal_succeeded(self, reversal: ReversalView) -> None:
        """Hold what came, and refund the owner."""
        claw_back_results.settle(reversal)

    def reversal_failed(self, reversal: ReversalView) -> None:
        """Put the money in and let the sitter owe it; the owner is refunded all the same."""
        claw_back_results.settle(reversal)


class GoodwillPurpose(PurposeHandler):
    """A gift to an owner."""

    purpose = goodwill.PURPOSE

    def refund_succeeded(self, refund: RefundView) -> None:
        """Book the gift."""
        goodwill.settle_success(refund)

    def refund_failed(self, refund: RefundView) -> None:
        """Nothing was given."""
        goodwill.settle_failure(refund)


PURPOSES = (DepositPurpose, SurplusPurpose, ReleasePurpose, RefundPurpose, ClawBackPurpose, GoodwillPurpose)
