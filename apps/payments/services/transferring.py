"""Transfers to payees: prepare in the caller's transaction, execute outside of any."""

from apps.common.db import outside_call, require_transaction
from apps.common.errors import Conflict
from apps.common.money import Money
from apps.payments import selectors
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayKeySpent, MovementFacts, TransferRequest
from apps.payments.models import Operation, PayeeAccount, Payment, Transfer
from apps.payments.purposes import handler_for
from apps.payments.services import operations, recording
from apps.payments.services.operations import Claim
from apps.payments.services.refunding import locked_payment
from apps.payments.states import OPEN_DISPUTES, OperationKind
from apps.payments.types import TransferView


def prepare_transfer(
    *, source_payment_id: str, purpose: str, subject: str, amount: Money, payee_id: str, transfer_group: str = ""
) -> TransferView:
    """Write the intent to pay a payee out of one payment, in the caller's transaction.

    `transfer_group` defaults to the payment's.

    Raises: NotFound; InvalidInput for an amount not above zero or in another currency; Conflict
    `payment_not_settled`; Conflict `payment_disputed`; Conflict `payouts_not_enabled` when the payee
    cannot receive money yet; Conflict `transfer_exceeds_payment` for more than is left after refunds
    and other transfers.
    """
    require_transaction()
    handler_for(purpose)
    payment = locked_payment(source_payment_id, amount)
    payee = selectors.row_of(PayeeAccount, payee_id)
    if not payee.payouts_enabled:
        raise Conflict(
            "payouts_not_enabled",
            "The payee's account cannot receive money yet; its holder has to complete it first.",
            {"payee_id": payee_id},
        )
    left = selectors.left_of(payment)
    if left < amount:
        raise Conflict(
            "transfer_exceeds_payment",
            f"Only {left} of this payment is left to transfer.",
            {"left_minor": left.amount_minor, "currency": left.currency},
        )
    row = Transfer.objects.create(
        source_payment=payment,
        payee=payee,
        purpose=purpose,
        subject=subject,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        transfer_group=transfer_group or payment.transfer_group or str(payment.public_id),
    )
    Operation.objects.create(kind=OperationKind.TRANSFER, transfer=row)
    return selectors.transfer_view(row)


def execute_transfer(transfer_id: str) -> TransferView:
    """Send the transfer, outside of any transaction; safe to call again. Raises: NotFound."""
    row = selectors.row_of(Transfer, transfer_id, "source_payment", "payee")
    transfer_if_due(row.operations.get(), row)
    return selectors.transfer(transfer_id)


def transfer_if_due(operation: Operation, row: Transfer) -> None:
    """Make a transfer's call unless it is finished or in other hands."""
    held = operations.claim(
        operation,
        row,
        withheld=lambda: _withheld(row),
        withhold=lambda code: recording.refuse_transfer(row.pk, code, "Stopped before it was sent."),
    )
    if held is None:
        return
    payment, payee = row.source_payment, row.payee
    operations.settle(
        held,
        row,
        lambda: _transfer(held, row, payment, payee),
        record=lambda facts: recording.record_transfer(row.pk, facts),
        refuse=lambda refusal: recording.refuse_transfer(row.pk, refusal.code, refusal.message),
    )


def _withheld(row: Transfer) -> str:
    """Say why a transfer must not be sent, or sent again: its purpose stops it, or a dispute opened since."""
    if row.source_payment.disputes.filter(status__in=OPEN_DISPUTES).exists():
        return "payment_disputed"
    return handler_for(row.purpose).transfer_withheld(selectors.transfer_view(row))


def _transfer(held: Claim, row: Transfer, payment: Payment, payee: PayeeAccount) -> MovementFacts:
    assert payee.provider_account_id, "a payee with payouts enabled has the gateway's id"
    transfer_id = str(row.public_id)
    request = TransferRequest(
        transfer_id=transfer_id,
        charge_id=payment.charge_id,
        account_id=payee.provider_account_id,
        amount=row.amount,
        transfer_group=row.transfer_group,
    )
    with outside_call():
        found = gateway().find_transfer(row.transfer_group, transfer_id) if held.repeated else None
        if found is not None:
            return found
        held.refuse_if_stopped()
        try:
            return gateway().transfer(request, key=held.key)
        except GatewayKeySpent:
            found = gateway().find_transfer(row.transfer_group, transfer_id)
            if found is None:
                raise
            return found
