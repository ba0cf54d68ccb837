"""Reversals: take a transfer back from its payee, as much as the payee's account holds."""

from apps.common.db import outside_call, require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.common.money import Money
from apps.payments import selectors
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayKeySpent, GatewayRefused, MovementFacts, ReversalRequest
from apps.payments.models import Operation, Reversal, Transfer
from apps.payments.purposes import handler_for
from apps.payments.services import operations, recording
from apps.payments.services.operations import Claim
from apps.payments.states import MovementStatus, OperationKind
from apps.payments.types import ReversalView

HOLDS_LESS = "balance_insufficient"


def prepare_reversal(*, transfer_id: str, purpose: str, subject: str, amount: Money) -> ReversalView:
    """Write the intent to take money back, in the caller's transaction; nothing is sent yet.

    Two reversals of the same amount are two reversals: whoever calls makes sure that one is meant once.

    Raises: NotFound; InvalidInput for an amount not above zero or in another currency; Conflict
    `transfer_not_settled` before the transfer succeeded; Conflict `reversal_exceeds_transfer` for more
    than is left of it after other reversals.
    """
    require_transaction()
    handler_for(purpose)
    found = selectors.row_of(Transfer, transfer_id)
    transfer = Transfer.objects.select_for_update(no_key=True).get(pk=found.pk)
    _check(transfer, amount)
    row = Reversal.objects.create(
        transfer=transfer,
        purpose=purpose,
        subject=subject,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
    )
    Operation.objects.create(kind=OperationKind.REVERSAL, reversal=row)
    return selectors.reversal_view(row)


def execute_reversal(reversal_id: str) -> ReversalView:
    """Take the money back, outside of any transaction; safe to call again.

    An account that holds less gives what it holds: `succeeded` with `reversed` below `amount`. One that
    holds nothing gives `failed` with `balance_insufficient`.

    Raises: NotFound.
    """
    row = selectors.row_of(Reversal, reversal_id)
    reverse_if_due(row.operations.get(), row)
    return selectors.reversal(reversal_id)


def reverse_if_due(operation: Operation, row: Reversal) -> None:
    """Make a reversal's call unless it is finished or in other hands."""
    held = operations.claim(operation, row)
    if held is None:
        return
    transfer = Transfer.objects.select_related("payee").get(pk=row.transfer_id)
    operations.settle(
        held,
        row,
        lambda: _reverse(held, row, transfer),
        record=lambda facts: recording.record_reversal(row.pk, facts),
        refuse=lambda refusal: recording.refuse_reversal(row.pk, refusal.code, refusal.message),
    )


def _check(transfer: Transfer, amount: Money) -> None:
    if amount.amount_minor <= 0:
        raise InvalidInput.field("amount_minor", "must be above zero")
    if amount.currency != transfer.currency:
        raise InvalidInput.field("currency", f"must be the transfer's, {transfer.currency}")
    if transfer.status != MovementStatus.SUCCEEDED:
        raise Conflict(
            "transfer_not_settled",
            "This transfer has not succeeded, so there is nothing of it to take back.",
            {"transfer_status": transfer.status},
        )
    left = selectors.reversible(transfer)
    if left < amount:
        raise Conflict(
            "reversal_exceeds_transfer",
            f"Only {left} of this transfer is left to take back.",
            {"left_minor": left.amount_minor, "currency": left.currency},
        )


def _reverse(held: Claim, row: Reversal, transfer: Transfer) -> MovementFacts:
    """Look up what was asked before; then ask for all, and for what the account holds when that is less."""
    assert transfer.provider_id, "a succeeded transfer has the gateway's id"
    request = ReversalRequest(str(row.public_id), transfer.provider_id, row.amount)
    account_id = transfer.payee.provider_account_id
    assert account_id, "money was transferred to this account"
    with outside_call():
        found = gateway().find_reversal(request.transfer_id, request.reversal_id) if held.repeated else None
        if found is not None:
            return found
        try:
            return _as_much_as_there_is(held, request, account_id)
        except GatewayKeySpent:
            found = gateway().find_reversal(request.transfer_id, request.reversal_id)
            if found is None:
                raise
            return found


def _as_much_as_there_is(held: Claim, request: ReversalRequest, account_id: str) -> MovementFacts:
    """Ask for all; refused for the account's balance, ask for that, under a second key.

    The second key stands for one amount alone: should an earlier attempt have used it for another, the gateway
    refuses it, and what came of that attempt is looked up.
    """
    try:
        return gateway().reverse_transfer(request, key=held.key)
    except GatewayRefused as refusal:
        if refusal.code != HOLDS_LESS:
            raise
        available = gateway().payee_balance(account_id).available.get(request.amount.currency)
        if available is None or available.amount_minor <= 0:
            raise
        part = min(available, request.amount)
    try:
        return gateway().reverse_transfer(
            ReversalRequest(request.reversal_id, request.transfer_id, part), key=f"{held.key}:part"
        )
    except GatewayRefused as refusal:
        if refusal.code != HOLDS_LESS:
            raise
        # Paid out in between. The gateway keeps this refusal for the key: start again with the next generation.
        raise GatewayKeySpent("the account's balance fell while it was asked for") from refusal
