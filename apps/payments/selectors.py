"""Reads of payments, refunds, transfers, reversals, disputes and payees, as frozen views."""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from django.db.models import BigIntegerField, Model, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from apps.common.errors import NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.payments.models import Dispute, Operation, PayeeAccount, Payment, Refund, Reversal, Transfer
from apps.payments.states import OPEN_DISPUTES, OPEN_OPERATIONS, MovementStatus
from apps.payments.types import DisputeView, PayeeView, PaymentView, RefundView, ReversalView, TransferView

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
    return transfer_view(row_of(Transfer, transfer_id, "source_payment", "payee"))


def transfers_of(payment_id: str) -> list[TransferView]:
    """Return the transfers out of a payment, oldest first."""
    found = Transfer.objects.filter(source_payment=row_of(Payment, payment_id))
    return [transfer_view(row) for row in found.select_related("source_payment", "payee").order_by("id")]


def reversal(reversal_id: str) -> ReversalView:
    """Return the reversal. Raises: NotFound."""
    return reversal_view(row_of(Reversal, reversal_id))


def reversals_of(transfer_id: str) -> list[ReversalView]:
    """Return the reversals of a transfer, oldest first."""
    found = Reversal.objects.filter(transfer=row_of(Transfer, transfer_id)).select_related("transfer")
    return [reversal_view(row) for row in found.order_by("id")]


def disputes_of(payment_id: str) -> list[DisputeView]:
    """Return the disputes of a payment, oldest first."""
    found = Dispute.objects.filter(payment=row_of(Payment, payment_id)).select_related("payment")
    return [dispute_view(row) for row in found.order_by("id")]


def open_dispute(payment_id: str) -> DisputeView | None:
    """Return the payment's oldest inquiry or chargeback that the bank has not decided, if there is one."""
    found = Dispute.objects.filter(payment=row_of(Payment, payment_id), status__in=OPEN_DISPUTES)
    row = found.select_related("payment").order_by("id").first()
    return dispute_view(row) if row else None


def uncommitted(payment_id: str) -> Money:
    """Return what a payment has left: neither refunded, transferred or about to be, nor taken by a bank."""
    return left_of(row_of(Payment, payment_id))


def refundable(payment_id: str) -> Money:
    """Return what the gateway would still give back of a payment, also of what was transferred. Raises: NotFound."""
    return refundable_of(row_of(Payment, payment_id))


def payee(payee_id: str) -> PayeeView:
    """Return the payee. Raises: NotFound."""
    return payee_view(row_of(PayeeAccount, payee_id))


def payee_of(user: Any) -> PayeeView | None:
    """Return the person's payee account, if there is one."""
    row = PayeeAccount.objects.filter(user=user).first()
    return payee_view(row) if row else None


def row_of(model: type[Row], public_id: str, *related: str) -> Row:
    """Return the row with this public id, and with the rows that these keys name. Raises: NotFound."""
    rows = model._default_manager.select_related(*related) if related else model._default_manager.all()
    row = rows.filter(public_id=parse_public_id(public_id)).first()
    if row is None:
        raise NotFound
    return row


def payees_of(users: Iterable[int]) -> dict[int, PayeeView]:
    """Return the payee accounts of those people who have one, by the person's key."""
    return {row.user_id: payee_view(row) for row in PayeeAccount.objects.filter(user__in=users)}


def left_of(row: Payment) -> Money:
    """Return what the payment has left; the caller holds its row lock to rely on it.

    What a reversal brought back is there again; what a bank has withdrawn is not.
    """
    return left_of_each([row])[row.pk]


def left_of_each(rows: Collection[Payment]) -> dict[int, Money]:
    """Return what each of several locked payments has left, by its key."""
    failed = Q(status=MovementStatus.FAILED)
    gone = (
        _total(Refund.objects.exclude(failed), "payment", "amount_minor")
        + _total(Transfer.objects.exclude(failed), "source_payment", "amount_minor")
        - _total(Reversal.objects.all(), "transfer__source_payment", "reversed_minor")
        + _total(Dispute.objects.all(), "payment", "withdrawn_minor")
    )
    taken = dict(Payment.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", gone))
    return {row.pk: Money(max(row.amount_minor - taken[row.pk], 0), row.currency) for row in rows}


def refundable_of(row: Payment) -> Money:
    """Return what the gateway would still give back of the payment, wherever its money has gone since.

    A refund never exceeds the charge, less what was refunded and what a bank has taken.
    """
    left = row.amount_minor - _sum(row.refunds.exclude(status=MovementStatus.FAILED), "amount_minor")
    left -= _sum(row.disputes, "withdrawn_minor")
    return Money(max(left, 0), row.currency)


def reversible(row: Transfer) -> Money:
    """Return what of a transfer is neither taken back nor about to be; the caller holds its row lock."""
    others = row.reversals.exclude(status=MovementStatus.FAILED)
    back = _sum(others.filter(status=MovementStatus.SUCCEEDED), "reversed_minor")
    coming = _sum(others.exclude(status=MovementStatus.SUCCEEDED), "amount_minor")
    return Money(row.amount_minor - back - coming, row.currency)


def _total(rows: Any, payment: str, field: str) -> Coalesce:
    """Return the sum over one payment's rows as part of a question about the payment."""
    mine = rows.filter(**{payment: OuterRef("pk")}).order_by().values(payment)
    return Coalesce(Subquery(mine.annotate(total=Sum(field)).values("total")), Value(0), output_field=BigIntegerField())


def _sum(rows: Any, field: str) -> int:
    return rows.aggregate(total=Sum(field))["total"] or 0


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


def reversal_view(row: Reversal) -> ReversalView:
    """Return the row as others see it."""
    return ReversalView(
        id=str(row.public_id),
        transfer_id=str(row.transfer.public_id),
        purpose=row.purpose,
        subject=row.subject,
        amount=row.amount,
        reversed=row.reversed,
        status=row.status,
        failure_code=row.failure_code,
        provider_id=row.provider_id,
    )


def dispute_view(row: Dispute) -> DisputeView:
    """Return the row as others see it."""
    return DisputeView(
        id=str(row.public_id),
        payment_id=str(row.payment.public_id),
        purpose=row.payment.purpose,
        subject=row.payment.subject,
        amount=row.amount,
        status=row.status,
        reason=row.reason,
        evidence_due_at=row.evidence_due_at,
        withdrawn=Money(row.withdrawn_minor, row.currency),
        fee=Money(row.fee_minor, row.currency),
        provider_id=row.provider_id,
    )


def payee_view(row: PayeeAccount) -> PayeeView:
    """Return the row as others see it."""
    return PayeeView(
        id=str(row.public_id),
        provider_account_id=row.provider_account_id,
        payouts_enabled=row.payouts_enabled,
    )
