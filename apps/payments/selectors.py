"""Reads of payments, refunds, transfers and payees, as frozen views."""

from typing import Any, TypeVar

from django.db.models import Model, Sum

from apps.common.errors import NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.payments.models import Operation, PayeeAccount, Payment, Refund, Transfer
from apps.payments.states import OPEN_OPERATIONS, MovementStatus
from apps.payments.types import PayeeView, PaymentView, RefundView, TransferView

Row = TypeVar("Row", bound=Model)


def payment(payment_id: str) -> PaymentView:
    """Return the payment. Raises: NotFound."""
    return payment_view(row_of(Payment, payment_id))


def payments_for(purpose: str, subject: str) -> list[PaymentView]:
    """Return the payments for one subject, oldest first."""
    return [payment_view(row) for row in Payment.objects.filter(purpose=purpose, subject=subject).order_by("id")]


def refund(refund_id: str) -> RefundView:
    """Return the refund. Raises: NotFound."""
    return refund_view(row_of(Refund, refund_id))


def refunds_of(payment_id: str) -> list[RefundView]:
    """Return the refunds of a payment, oldest first."""
    found = Refund.objects.filter(payment=row_of(Payment, payment_id)).select_related("payment")
    return [refund_view(row) for row in found.order_by("id")]


def transfer(transfer_id: str) -> TransferView:
    """Return the transfer. Raises: NotFound."""
    return transfer_view(row_of(Transfer, transfer_id))


def transfers_of(payment_id: str) -> list[TransferView]:
    """Return the transfers out of a payment, oldest first."""
    found = Transfer.objects.filter(source_payment=row_of(Payment, payment_id))
    return [transfer_view(row) for row in found.select_related("source_payment", "payee").order_by("id")]


def uncommitted(payment_id: str) -> Money:
    """Return what a payment has left, neither refunded nor transferred nor about to be."""
    return left_of(row_of(Payment, payment_id))


def payee(payee_id: str) -> PayeeView:
    """Return the payee. Raises: NotFound."""
    return payee_view(row_of(PayeeAccount, payee_id))


def payee_of(user: Any) -> PayeeView | None:
    """Return the person's payee account, if there is one."""
    row = PayeeAccount.objects.filter(user=user).first()
    return payee_view(row) if row else None


def row_of(model: type[Row], public_id: str) -> Row:
    """Return the row with this public id. Raises: NotFound."""
    row = model._default_manager.filter(public_id=parse_public_id(public_id)).first()
    if row is None:
        raise NotFound
    return row


def left_of(row: Payment) -> Money:
    """Return what the payment has left; the caller holds its row lock to rely on it."""
    total = row.amount_minor
    for committed in (row.refunds, row.transfers):
        alive = committed.exclude(status=MovementStatus.FAILED)
        total -= alive.aggregate(total=Sum("amount_minor"))["total"] or 0
    return Money(total, row.currency)


def outstanding() -> dict[str, Money]:
    """Return what refunds and transfers without a final answer take from us, by currency.

    The gateway's balance may or may not show them yet.
    """
    open_calls = Operation.objects.filter(status__in=OPEN_OPERATIONS)
    sums: dict[str, Money] = {}
    for kind in ("refund", "transfer"):
        rows = open_calls.filter(**{f"{kind}__isnull": False}).values(f"{kind}__currency")
        for row in rows.annotate(total=Sum(f"{kind}__amount_minor")):
            currency = row[f"{kind}__currency"]
            sums[currency] = sums.get(currency, Money.zero(currency)) + Money(row["total"], currency)
    return sums


def payment_view(row: Payment) -> PaymentView:
    """Return the row as others see it."""
    return PaymentView(
        id=str(row.public_id),
        purpose=row.purpose,
        subject=row.subject,
        amount=row.amount,
        status=row.status,
        transfer_group=row.transfer_group,
        failure_code=row.failure_code,
        failure_message=row.failure_message,
        client_secret=row.client_secret or None,
        provider_id=row.provider_id,
        card_fingerprint=row.card_fingerprint or None,
    )


def refund_view(row: Refund) -> RefundView:
    """Return the row as others see it."""
    return RefundView(
        id=str(row.public_id),
        payment_id=str(row.payment.public_id),
        purpose=row.purpose,
        subject=row.subject,
        amount=row.amount,
        status=row.status,
        reason=row.reason,
        failure_code=row.failure_code,
        failure_message=row.failure_message,
        provider_id=row.provider_id,
    )


def transfer_view(row: Transfer) -> TransferView:
    """Return the row as others see it."""
    return TransferView(
        id=str(row.public_id),
        source_payment_id=str(row.source_payment.public_id),
        payee_id=str(row.payee.public_id),
        purpose=row.purpose,
        subject=row.subject,
        amount=row.amount,
        status=row.status,
        transfer_group=row.transfer_group,
        failure_code=row.failure_code,
        failure_message=row.failure_message,
        provider_id=row.provider_id,
    )


def payee_view(row: PayeeAccount) -> PayeeView:
    """Return the row as others see it."""
    return PayeeView(
        id=str(row.public_id),
        provider_account_id=row.provider_account_id,
        payouts_enabled=row.payouts_enabled,
    )
