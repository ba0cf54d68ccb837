"""Refunds: prepare in the caller's transaction, execute outside of any."""

from apps.common.db import outside_call, require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.payments import selectors
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayKeySpent, MovementFacts, RefundRequest
from apps.payments.models import Operation, Payment, Refund
from apps.payments.purposes import handler_for
from apps.payments.services import operations, recording
from apps.payments.services.operations import Claim
from apps.payments.states import OPEN_DISPUTES, OperationKind, PaymentStatus
from apps.payments.types import RefundView


def prepare_refund(
    *, payment_id: str, purpose: str, subject: str, amount: Money, reason: str = "", beyond_transfers: bool = False
) -> RefundView:
    """Write the intent to refund, in the caller's transaction; nothing is sent yet.

    `beyond_transfers`: what was transferred onward and did not come back is no limit; the platform puts it in.

    Two refunds of the same amount are two refunds: whoever calls makes sure that one is meant once.

    Raises: NotFound; InvalidInput for an amount not above zero or in another currency; Conflict
    `payment_not_settled` before the payment succeeded; Conflict `payment_disputed` while a bank disputes
    it; Conflict `refund_exceeds_payment` for more than is left of it after other refunds and transfers.
    """
    require_transaction()
    handler_for(purpose)
    payment = locked_payment(payment_id, amount)
    left = selectors.refundable_of(payment) if beyond_transfers else selectors.left_of(payment)
    if left < amount:
        raise Conflict(
            "refund_exceeds_payment",
            f"Only {left} of this payment is left to refund.",
            {"left_minor": left.amount_minor, "currency": left.currency},
        )
    row = Refund.objects.create(
        payment=payment,
        purpose=purpose,
        subject=subject,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason=reason,
    )
    Operation.objects.create(kind=OperationKind.REFUND, refund=row)
    return selectors.refund_view(row)


def locked_payment(payment_id: str, amount: Money) -> Payment:
    """Lock the payment that money is to leave, so that two at once cannot take the same cent.

    Raises: NotFound, InvalidInput, Conflict `payment_not_settled`, Conflict `payment_disputed`.
    """
    found = selectors.row_of(Payment, payment_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=found.pk)
    refuse_unmovable(payment, amount, disputed=payment.disputes.filter(status__in=OPEN_DISPUTES).exists())
    return payment


def refuse_unmovable(payment: Payment, amount: Money, *, disputed: bool) -> None:
    """Refuse an amount that cannot leave a locked payment, whatever is left of it.

    Raises: InvalidInput, Conflict `payment_not_settled`, Conflict `payment_disputed`.
    """
    if amount.amount_minor <= 0:
        raise InvalidInput.field("amount_minor", "must be above zero")
    if amount.currency != payment.currency:
        raise InvalidInput.field("currency", f"must be the payment's, {payment.currency}")
    if payment.status != PaymentStatus.SUCCEEDED:
        raise Conflict(
            "payment_not_settled",
            "This payment has not succeeded, so there is no money of it to move.",
            {"payment_status": payment.status},
        )
    if disputed:
        raise Conflict(
            "payment_disputed",
            "The payer's bank disputes this payment; its money can move again once the bank has decided.",
        )


def execute_refund(refund_id: str) -> RefundView:
    """Send the refund, outside of any transaction; safe to call again. Raises: NotFound."""
    row = selectors.row_of(Refund, refund_id)
    refund_if_due(row.operations.get(), row)
    return selectors.refund(refund_id)


def refund_if_due(operation: Operation, row: Refund) -> None:
    """Make a refund's call unless it is finished or in other hands."""
    held = operations.claim(operation, row)
    if held is None:
        return
    payment = row.payment
    operations.settle(
        held,
        row,
        lambda: _refund(held, row, payment),
        record=lambda facts: recording.record_refund(row.pk, facts),
        refuse=lambda refusal: recording.refuse_refund(row.pk, refusal.code, refusal.message),
    )


def _refund(held: Claim, row: Refund, payment: Payment) -> MovementFacts:
    assert payment.provider_id, "a succeeded payment has the gateway's id"
    refund_id, intent_id = str(row.public_id), payment.provider_id
    with outside_call():
        found = gateway().find_refund(intent_id, refund_id) if held.repeated else None
        if found is not None:
            return found
        try:
            return gateway().refund(RefundRequest(refund_id, intent_id, row.amount), key=held.key)
        except GatewayKeySpent:
            found = gateway().find_refund(intent_id, refund_id)
            if found is None:
                raise
            return found
