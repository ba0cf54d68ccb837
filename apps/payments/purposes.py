"""What was paid for: upper apps register a handler; payments itself does not know.

Each method runs inside the transaction that records the gateway's result, once for each change of
state, whether the synchronous answer, the webhook or the sweep brought it. An exception rolls the
result back; it is looked up and applied again later.
"""

from collections.abc import Sequence

from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, credit, debit
from apps.payments.types import DisputeView, PaymentView, RefundView, ReversalView, TransferView


class PurposeHandler:
    """Base of the handlers; a method that is not overridden does nothing, but for a lost dispute.

    `payment_succeeded` may come after `payment_failed` or `payment_cancelled`: money that was
    taken late is still money taken, and the purpose decides whether to use or refund it.
    `refund_failed` may come after `refund_succeeded`: a bank can return a refund.
    """

    purpose: str = ""

    def lock_for_dispute(self, payment: PaymentView) -> None:
        """Take the locks that the purpose's use cases hold when they move money of a payment that succeeded.

        Called before a dispute's facts lock the payment: both then lock in one order, and never wait for each other.
        """

    def payment_requires_action(self, payment: PaymentView) -> None:
        """The payer must act (3-D Secure)."""

    def payment_succeeded(self, payment: PaymentView) -> None:
        """The money is with the gateway."""

    def payment_failed(self, payment: PaymentView) -> None:
        """Declined or refused."""

    def payment_cancelled(self, payment: PaymentView) -> None:
        """Cancelled before any money moved."""

    def refund_succeeded(self, refund: RefundView) -> None:
        """The money is on its way back to the payer."""

    def refund_failed(self, refund: RefundView) -> None:
        """The money is still, or again, with the gateway."""

    def transfer_withheld(self, transfer: TransferView) -> str:
        """Say why a transfer must not be sent, or "" to let it go; asked before each call.

        A code ends what was never sent as a refusal by the gateway would: `transfer_failed` follows in the same
        transaction. What was sent without an answer ends so once it is certain that it never arrived.
        """
        return ""

    def transfers_withheld(self, transfers: Sequence[TransferView]) -> set[str]:
        """Return the ids of those that `transfer_withheld` stops: for many that are about to be sent at once."""
        return {transfer.id for transfer in transfers if self.transfer_withheld(transfer)}

    def transfer_succeeded(self, transfer: TransferView) -> None:
        """The money is with the payee."""

    def transfers_succeeded(self, transfers: Sequence[TransferView]) -> None:
        """As `transfer_succeeded`, for many in one transaction. What is raised undoes all of them.

        Each is then recorded on its own.
        """
        for transfer in transfers:
            self.transfer_succeeded(transfer)

    def transfer_failed(self, transfer: TransferView) -> None:
        """Refused for good; nothing moved."""

    def reversal_succeeded(self, reversal: ReversalView) -> None:
        """`reversal.reversed` is with us again: all that was asked for, or as much as the payee's account held."""

    def reversal_failed(self, reversal: ReversalView) -> None:
        """Nothing came back: the payee's account holds nothing, or the gateway refuses for good."""

    def dispute_opened(self, dispute: DisputeView) -> None:
        """A bank asks (inquiry) or has taken the money (open); told again when the one becomes the other."""

    def dispute_won(self, dispute: DisputeView) -> None:
        """It is over in our favour: won, or an inquiry that came to nothing (closed)."""

    def dispute_lost(self, dispute: DisputeView) -> None:
        """The money stays with the payer: take `dispute.withdrawn` out of suspense, here as the platform's loss.

        Told once a dispute. Should the bank move money after that, payments books the difference against the loss.
        """
        bear_loss(dispute)


def bear_loss(dispute: DisputeView) -> None:
    """Book what a lost dispute has taken as the platform's loss, once."""
    if dispute.withdrawn.amount_minor > 0:
        ledger.post(
            kind="dispute.loss",
            key=f"dispute-loss:{dispute.id}",
            legs=[
                debit(AccountRef("dispute_loss"), dispute.withdrawn),
                credit(AccountRef("dispute_suspense"), dispute.withdrawn),
            ],
        )


_HANDLERS: dict[str, PurposeHandler] = {}


def register_purpose(handler: PurposeHandler | type[PurposeHandler]) -> None:
    """Register the handler (or its class) for its `purpose`; the last registration holds."""
    instance = handler() if isinstance(handler, type) else handler
    if not instance.purpose:
        raise ValueError(f"{type(instance).__name__} names no purpose")
    _HANDLERS[instance.purpose] = instance


def handler_for(purpose: str) -> PurposeHandler:
    """Return the handler. Raises: ValueError for a purpose that nobody registered."""
    try:
        return _HANDLERS[purpose]
    except KeyError:
        raise ValueError(f"nobody registered the purpose {purpose!r}") from None
