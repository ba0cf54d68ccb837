"""Recording what the gateway says: one way for the answer, the webhook and the sweep.

Each function runs inside the result's transaction, holds the row's lock, moves the state once and
calls the purpose's handler. Facts that come late or twice move nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from apps.common import events
from apps.common.clock import business_now, real_now
from apps.common.db import require_transaction
from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, credit, debit
from apps.payments import selectors
from apps.payments.events import PayeeChanged
from apps.payments.gateways.port import AccountFacts, IntentFacts, MovementFacts
from apps.payments.models import Operation, PayeeAccount, Payment, Refund, Reversal, Transfer, Transition
from apps.payments.purposes import handler_for
from apps.payments.services import operations
from apps.payments.states import (
    PAYMENT_MOVES,
    REFUND_MOVES,
    REVERSAL_MOVES,
    TRANSFER_MOVES,
    MovementStatus,
    OperationKind,
    PaymentStatus,
)

_PAYMENT_STATUS = {
    "requires_action": PaymentStatus.REQUIRES_ACTION,
    "processing": PaymentStatus.SENT,
    "succeeded": PaymentStatus.SUCCEEDED,
    "failed": PaymentStatus.FAILED,
    "cancelled": PaymentStatus.CANCELLED,
}
_MOVEMENT_STATUS = {
    "pending": MovementStatus.SENT,
    "succeeded": MovementStatus.SUCCEEDED,
    "failed": MovementStatus.FAILED,
}
_ENDS = {PaymentStatus.SUCCEEDED, PaymentStatus.CANCELLED}
_VERDICTS = _ENDS | {PaymentStatus.FAILED, PaymentStatus.REQUIRES_ACTION}

_SUCCEED = """
UPDATE payments_transfer SET status = %s, failure_code = '', failure_message = '', provider_id = answer.provider_id
FROM unnest(%s::bigint[], %s::text[]) AS answer (id, provider_id) WHERE payments_transfer.id = answer.id
"""


# What else of a row the gateway's facts fill in before it moves.
_LEARNED: dict[type[Model], tuple[str, ...]] = {
    Payment: ("charge_id", "card_fingerprint", "client_secret"),
    Reversal: ("reversed_minor",),
}


class WrongAmount(RuntimeError):
    """The gateway moved another amount than was asked for: nothing is recorded, people must look."""


def record_intent(payment_pk: int, facts: IntentFacts) -> Payment:
    """Record a payment's facts. Raises: WrongAmount."""
    require_transaction()
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_pk)
    status = _PAYMENT_STATUS.get(facts.status)
    if facts.amount != payment.amount or (facts.status == "succeeded" and facts.received != payment.amount):
        raise WrongAmount(f"payment {payment.public_id}: {facts.received} of {facts.amount}")
    if status is None or status not in PAYMENT_MOVES[payment.status] or status == payment.status:
        _close_operations(payment, status or payment.status)
        return payment
    payment.provider_id = facts.id
    payment.charge_id = facts.charge_id
    payment.card_fingerprint = facts.card_fingerprint
    payment.client_secret = facts.client_secret if status == PaymentStatus.REQUIRES_ACTION else None
    return move_payment(payment, status, facts.failure_code, facts.failure_message, fee=facts.fee)


def has_verdict(facts: IntentFacts) -> bool:
    """Tell whether these facts end the charge, however it ended: recording them closes it."""
    return _PAYMENT_STATUS.get(facts.status) in _VERDICTS


def refuse_payment(payment_pk: int, code: str, message: str) -> Payment:
    """Record that the gateway refused the payment for good."""
    require_transaction()
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_pk)
    if PaymentStatus.FAILED not in PAYMENT_MOVES[payment.status]:
        return payment
    return move_payment(payment, PaymentStatus.FAILED, code, message)


def withdraw_payment(payment_pk: int) -> Payment:
    """Record that the payment cannot take money any more; one that has its end keeps it."""
    require_transaction()
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_pk)
    if PaymentStatus.CANCELLED not in PAYMENT_MOVES[payment.status]:
        return payment
    return move_payment(payment, PaymentStatus.CANCELLED)


def move_payment(
    payment: Payment, status: PaymentStatus, code: str = "", message: str = "", *, fee: Money | None = None
) -> Payment:
    """Move a locked payment, append the transition, close its operations and tell its purpose."""
    failed = status == PaymentStatus.FAILED
    _move(payment, status, code if failed else "", message if failed else "")
    _close_operations(payment, status)
    if status == PaymentStatus.SUCCEEDED and fee:
        _post_fee(payment, fee)
    if failed and payment.provider_id:
        # Nobody may confirm a declined payment again with another card behind our back.
        Operation.objects.get_or_create(
            kind=OperationKind.CANCEL, payment=payment, defaults={"next_attempt_at": real_now()}
        )
    _tell(
        selectors.payment_view(payment),
        payment.purpose,
        {
            PaymentStatus.REQUIRES_ACTION: "payment_requires_action",
            PaymentStatus.SUCCEEDED: "payment_succeeded",
            PaymentStatus.FAILED: "payment_failed",
            PaymentStatus.CANCELLED: "payment_cancelled",
        }.get(status),
    )
    return payment


def record_refund(refund_pk: int, facts: MovementFacts) -> Refund:
    """Record a refund's facts. Raises: WrongAmount."""
    require_transaction()
    refund = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("payment").get(pk=refund_pk)
    if _record_movement(refund, facts, REFUND_MOVES):
        _tell_refund(refund)
    return refund


def refuse_refund(refund_pk: int, code: str, message: str) -> Refund:
    """Record that the gateway refused the refund for good."""
    require_transaction()
    refund = Refund.objects.select_for_update(of=("self",), no_key=True).select_related("payment").get(pk=refund_pk)
    if MovementStatus.FAILED in REFUND_MOVES[refund.status] and refund.status != MovementStatus.SUCCEEDED:
        _move(refund, MovementStatus.FAILED, code, message)
        _tell_refund(refund)
    return refund


def record_transfer(transfer_pk: int, facts: MovementFacts) -> Transfer:
    """Record a transfer's facts. Raises: WrongAmount."""
    require_transaction()
    transfer = _locked_transfer(transfer_pk)
    if _record_movement(transfer, facts, TRANSFER_MOVES):
        _tell_transfer(transfer)
    return transfer


def record_transfers(answers: Sequence[tuple[Transfer, MovementFacts]]) -> None:
    """Record the facts of several transfers that succeeded, as `record_transfer` does those of one; all or none.

    Raises: WrongAmount; what a purpose raises.
    """
    require_transaction()
    keys = [row.pk for row, _ in answers]
    locked = Transfer.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    statuses = dict(locked.values_list("pk", "status"))
    moving = []
    for row, facts in answers:
        _refuse_other_amount(row, facts)
        row.status = statuses[row.pk]
        if MovementStatus.SUCCEEDED in TRANSFER_MOVES[row.status]:
            row.provider_id = facts.id
            moving.append(row)
    _succeed(moving)
    for purpose in sorted({row.purpose for row in moving}):
        views = [selectors.transfer_view(row) for row in moving if row.purpose == purpose]
        handler_for(purpose).transfers_succeeded(views)


def _succeed(rows: Sequence[Transfer]) -> None:
    """Move locked transfers, append their transitions and close their operations."""
    success, kind = MovementStatus.SUCCEEDED, str(Transfer._meta.model_name)
    Transition.objects.bulk_create(
        Transition(kind=kind, subject_id=row.public_id, from_status=row.status, to_status=success) for row in rows
    )
    for row in rows:
        row.status, row.failure_code, row.failure_message = success, "", ""
    with connection.cursor() as cursor:
        cursor.execute(_SUCCEED, [success.value, [row.pk for row in rows], [row.provider_id for row in rows]])
    operations.finish_transfers(rows)


def refuse_transfer(transfer_pk: int, code: str, message: str) -> Transfer:
    """Record that the gateway refused the transfer for good."""
    require_transaction()
    transfer = _locked_transfer(transfer_pk)
    if MovementStatus.FAILED in TRANSFER_MOVES[transfer.status]:
        _move(transfer, MovementStatus.FAILED, code, message)
        _tell_transfer(transfer)
    return transfer


def record_reversal(reversal_pk: int, facts: MovementFacts) -> Reversal:
    """Record a reversal's facts: it may have brought less than was asked for. Raises: WrongAmount."""
    require_transaction()
    reversal = _locked_reversal(reversal_pk)
    if facts.amount.currency != reversal.currency or not 0 < facts.amount.amount_minor <= reversal.amount_minor:
        raise WrongAmount(f"reversal {reversal.public_id}: {facts.amount} instead of {reversal.amount}")
    status = _MOVEMENT_STATUS[facts.status]
    if status not in REVERSAL_MOVES[reversal.status] or status == reversal.status:
        return reversal
    reversal.provider_id = facts.id
    reversal.reversed_minor = facts.amount.amount_minor if status == MovementStatus.SUCCEEDED else 0
    _move(reversal, status, facts.failure_code, "")
    _tell_reversal(reversal)
    return reversal


def refuse_reversal(reversal_pk: int, code: str, message: str) -> Reversal:
    """Record that nothing can be taken back."""
    require_transaction()
    reversal = _locked_reversal(reversal_pk)
    if MovementStatus.FAILED in REVERSAL_MOVES[reversal.status]:
        _move(reversal, MovementStatus.FAILED, code, message)
        _tell_reversal(reversal)
    return reversal


def record_account(payee_pk: int, facts: AccountFacts) -> PayeeAccount:
    """Record what the gateway says about a payee's account."""
    require_transaction()
    payee = PayeeAccount.objects.select_for_update(no_key=True).get(pk=payee_pk)
    payee.provider_account_id = payee.provider_account_id or facts.id
    changed = payee.payouts_enabled != facts.payouts_enabled
    payee.payouts_enabled = facts.payouts_enabled
    payee.details_submitted = facts.details_submitted
    payee.save(update_fields=["provider_account_id", "payouts_enabled", "details_submitted"])
    if changed:
        events.publish(
            PayeeChanged(payee_id=str(payee.public_id), user_id=payee.user_id, payouts_enabled=facts.payouts_enabled)
        )
    return payee


def _locked_transfer(transfer_pk: int) -> Transfer:
    rows = Transfer.objects.select_for_update(of=("self",), no_key=True).select_related("source_payment", "payee")
    return rows.get(pk=transfer_pk)


def _locked_reversal(reversal_pk: int) -> Reversal:
    return Reversal.objects.select_for_update(of=("self",), no_key=True).select_related("transfer").get(pk=reversal_pk)


def _record_movement(row: Refund | Transfer, facts: MovementFacts, moves: dict[str, set[MovementStatus]]) -> bool:
    status = _MOVEMENT_STATUS[facts.status]
    _refuse_other_amount(row, facts)
    if status not in moves[row.status] or status == row.status:
        return False
    row.provider_id = facts.id
    _move(row, status, facts.failure_code, "")
    return True


def _refuse_other_amount(row: Refund | Transfer, facts: MovementFacts) -> None:
    if facts.amount != row.amount:
        raise WrongAmount(f"{row._meta.model_name} {row.public_id}: {facts.amount} instead of {row.amount}")


def _move(
    row: Payment | Refund | Transfer | Reversal, status: PaymentStatus | MovementStatus, code: str, message: str
) -> None:
    Transition.objects.create(
        kind=str(row._meta.model_name), subject_id=row.public_id, from_status=row.status, to_status=status
    )
    row.status = status
    row.failure_code = code[:80]
    row.failure_message = message[:300]
    row.save(update_fields=["status", "failure_code", "failure_message", "provider_id", *_LEARNED.get(type(row), ())])
    if not isinstance(row, Payment) and status != MovementStatus.SENT:
        operation = row.operations.get()
        operations.finish(operation.pk, succeeded=status == MovementStatus.SUCCEEDED, error=code)


def _close_operations(payment: Payment, status: str) -> None:
    """Close what has its answer: a charge that reached any verdict, a cancellation that found an end."""
    if status not in _VERDICTS:
        return
    hoped = {OperationKind.CHARGE: status in {PaymentStatus.SUCCEEDED, PaymentStatus.REQUIRES_ACTION}}
    if status in _ENDS:
        hoped[OperationKind.CANCEL] = status == PaymentStatus.CANCELLED
    operations.finish_of_payment(payment, hoped)


def _post_fee(payment: Payment, fee: Money) -> None:
    ledger.post(
        kind="stripe.fee",
        key=f"stripe-fee:{payment.public_id}",
        legs=[debit(AccountRef("stripe_fees"), fee), credit(AccountRef("stripe_clearing"), fee)],
        effective_at=business_now(),
    )


def _tell_refund(refund: Refund) -> None:
    names = {MovementStatus.SUCCEEDED: "refund_succeeded", MovementStatus.FAILED: "refund_failed"}
    _tell(selectors.refund_view(refund), refund.purpose, names.get(MovementStatus(refund.status)))


def _tell_transfer(transfer: Transfer) -> None:
    names = {MovementStatus.SUCCEEDED: "transfer_succeeded", MovementStatus.FAILED: "transfer_failed"}
    _tell(selectors.transfer_view(transfer), transfer.purpose, names.get(MovementStatus(transfer.status)))


def _tell_reversal(reversal: Reversal) -> None:
    names = {MovementStatus.SUCCEEDED: "reversal_succeeded", MovementStatus.FAILED: "reversal_failed"}
    _tell(selectors.reversal_view(reversal), reversal.purpose, names.get(MovementStatus(reversal.status)))


def _tell(view: Any, purpose: str, method: str | None) -> None:
    if method is not None:
        tell: Callable[[Any], None] = getattr(handler_for(purpose), method)
        tell(view)
