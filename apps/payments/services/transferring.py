"""Transfers to payees: prepare in the caller's transaction, execute outside of any."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db.models import QuerySet

from apps.common.db import outside_call, require_transaction
from apps.common.errors import Conflict, NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.payments import selectors
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayKeySpent, MovementFacts, TransferRequest
from apps.payments.models import Dispute, Operation, PayeeAccount, Payment, Transfer
from apps.payments.purposes import handler_for
from apps.payments.services import operations, recording
from apps.payments.services.operations import Claim
from apps.payments.services.refunding import refuse_unmovable
from apps.payments.states import OPEN_DISPUTES, OperationKind
from apps.payments.types import TransferOrder, TransferView

Row = TypeVar("Row", Payment, PayeeAccount)


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
    order = TransferOrder(source_payment_id, purpose, subject, amount, payee_id, transfer_group)
    return prepare_transfers([order])[0]


def prepare_transfers(orders: Sequence[TransferOrder]) -> list[TransferView]:
    """Write several intents as `prepare_transfer` writes one, each out of a payment of its own; all or none.

    A fixed number of statements. Raises: as `prepare_transfer`, for the first that is refused.
    """
    require_transaction()
    payments = _lock_payments(orders)
    payees = _by_id(PayeeAccount.objects.all(), [order.payee_id for order in orders])
    disputes = Dispute.objects.filter(payment__in=payments.values(), status__in=OPEN_DISPUTES)
    disputed = set(disputes.values_list("payment", flat=True))
    left = selectors.left_of_each(payments.values())
    rows = []
    for order in orders:
        handler_for(order.purpose)
        payment, payee = payments.get(order.source_payment_id), payees.get(order.payee_id)
        if payment is None or payee is None:
            raise NotFound
        refuse_unmovable(payment, order.amount, disputed=payment.pk in disputed)
        _refuse_too_much(payee, order.amount, left[payment.pk])
        rows.append(_transfer_row(order, payment, payee))
    Transfer.objects.bulk_create(rows)
    Operation.objects.bulk_create([Operation(kind=OperationKind.TRANSFER, transfer=row) for row in rows])
    return [selectors.transfer_view(row) for row in rows]


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
    settle(held, row, lambda: ask(held, row))


def settle(held: Claim, row: Transfer, answer: Callable[[], MovementFacts | None]) -> None:
    """Commit what came of a transfer's call, which `answer` makes or repeats."""
    operations.settle(
        held,
        row,
        answer,
        record=lambda facts: recording.record_transfer(row.pk, facts),
        refuse=lambda refusal: recording.refuse_transfer(row.pk, refusal.code, refusal.message),
    )


def _lock_payments(orders: Sequence[TransferOrder]) -> dict[str, Payment]:
    """Lock the payments that money is to leave, in a fixed order; each gives to one transfer at a time."""
    wanted = [order.source_payment_id for order in orders]
    assert len(set(wanted)) == len(wanted), "what one transfer takes is not left for another of the same batch"
    return _by_id(Payment.objects.select_for_update(no_key=True).order_by("pk"), wanted)


def _by_id(rows: QuerySet[Row], ids: Sequence[str]) -> dict[str, Row]:
    """Return the rows with these public ids, by them; an unreadable id is an absent row."""
    readable = [key for key in map(parse_public_id, ids) if key]
    return {str(row.public_id): row for row in rows.filter(public_id__in=readable)}


def _refuse_too_much(payee: PayeeAccount, amount: Money, left: Money) -> None:
    if not payee.payouts_enabled:
        raise Conflict(
            "payouts_not_enabled",
            "The payee's account cannot receive money yet; its holder has to complete it first.",
            {"payee_id": str(payee.public_id)},
        )
    if left < amount:
        raise Conflict(
            "transfer_exceeds_payment",
            f"Only {left} of this payment is left to transfer.",
            {"left_minor": left.amount_minor, "currency": left.currency},
        )


def _transfer_row(order: TransferOrder, payment: Payment, payee: PayeeAccount) -> Transfer:
    return Transfer(
        source_payment=payment,
        payee=payee,
        purpose=order.purpose,
        subject=order.subject,
        amount_minor=order.amount.amount_minor,
        currency=order.amount.currency,
        transfer_group=order.transfer_group or payment.transfer_group or str(payment.public_id),
    )


def _withheld(row: Transfer) -> str:
    """Say why a transfer must not be sent, or sent again: its purpose stops it, or a dispute opened since."""
    if row.source_payment.disputes.filter(status__in=OPEN_DISPUTES).exists():
        return "payment_disputed"
    return handler_for(row.purpose).transfer_withheld(selectors.transfer_view(row))


def ask(held: Claim, row: Transfer) -> MovementFacts:
    """Ask the gateway for a transfer, or find the one that it has made; with no connection held.

    Raises: GatewayRefused, GatewayUncertain, GatewayKeySpent.
    """
    payment, payee = row.source_payment, row.payee
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
