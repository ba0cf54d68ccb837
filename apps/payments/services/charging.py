"""Payments: prepare in the caller's transaction, execute outside of any, cancel."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q

from apps.common.db import outside_call, require_transaction
from apps.common.errors import InvalidInput, NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.payments import selectors
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayError, GatewayKeySpent, GatewayRefused, IntentFacts, IntentRequest
from apps.payments.models import Operation, Payment
from apps.payments.purposes import handler_for
from apps.payments.services import operations, recording
from apps.payments.services.operations import Claim
from apps.payments.states import OPEN_PAYMENTS, OperationKind, PaymentStatus
from apps.payments.types import PaymentView


def prepare_payment(
    *,
    purpose: str,
    subject: str,
    amount: Money,
    payment_method: str,
    transfer_group: str = "",
    metadata: Mapping[str, str] | None = None,
) -> PaymentView:
    """Write the intent to charge, in the caller's transaction; nothing is sent yet.

    Raises: InvalidInput for an amount that is not above zero or a missing payment method;
    ValueError for a purpose that nobody registered.
    """
    require_transaction()
    handler_for(purpose)
    if amount.amount_minor <= 0:
        raise InvalidInput.field("amount_minor", "must be above zero")
    if not payment_method.strip() or len(payment_method) > 255:
        raise InvalidInput.field("payment_method", "must name a payment method, such as pm_card_visa")
    row = Payment.objects.create(
        purpose=purpose,
        subject=subject,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        payment_method=payment_method.strip(),
        transfer_group=transfer_group,
        metadata={"purpose": purpose, "subject": subject, **(metadata or {})},
    )
    Operation.objects.create(kind=OperationKind.CHARGE, payment=row)
    return selectors.payment_view(row)


def execute_payment(payment_id: str) -> PaymentView:
    """Charge, outside of any transaction, and return what came of it; safe to call again.

    A declined card is status `failed` with its code; no answer is `unknown` until the sweep looks
    it up; `sent` means that somebody else is waiting for the answer.

    Raises: NotFound.
    """
    charges = Operation.objects.select_related("payment").filter(kind=OperationKind.CHARGE)
    public_id = parse_public_id(payment_id)
    operation = charges.filter(payment__public_id=public_id).first() if public_id else None
    if operation is None or operation.payment is None:
        raise NotFound
    recorded = charge_if_due(operation, operation.payment)
    return selectors.payment(payment_id) if recorded is None else selectors.payment_view(recorded)


def cancel_payment(payment_id: str) -> PaymentView:
    """Cancel a payment and return what it is then: cancelled, or succeeded if that came first.

    Any other open status means that the gateway has not confirmed it yet: ask again later.

    Raises: NotFound.
    """
    found = selectors.row_of(Payment, payment_id)
    with transaction.atomic(durable=True):
        row = Payment.objects.select_for_update(no_key=True).get(pk=found.pk)
        if row.status not in OPEN_PAYMENTS:
            return selectors.payment_view(row)
        if not row.provider_id:
            # Nothing is confirmed before the gateway's id is kept here, and that now is refused.
            return selectors.payment_view(recording.move_payment(row, PaymentStatus.CANCELLED))
        operation, _ = Operation.objects.get_or_create(kind=OperationKind.CANCEL, payment=row)
    cancel_if_due(operation, row)
    return selectors.payment(payment_id)


def card_fingerprint(payment_method: str) -> str:
    """Return what is the same for the same card, whatever payment method it comes as.

    Call it outside of any transaction. Empty when there is no such card, or no answer.
    """
    try:
        with outside_call():
            return gateway().card_fingerprint(payment_method)
    except GatewayError:
        return ""


def charge_if_due(operation: Operation, row: Payment) -> Payment | None:
    """Make a charge's call unless it is finished or in other hands; return the payment as its answer was recorded."""
    held = operations.claim(operation, row)
    if held is None:
        return None
    return operations.settle(
        held,
        row,
        lambda: _charge(held, row),
        record=lambda facts: recording.record_intent(row.pk, facts),
        refuse=lambda refusal: recording.refuse_payment(row.pk, refusal.code, refusal.message),
        decided=recording.has_verdict,
    )


def cancel_if_due(operation: Operation, row: Payment) -> None:
    """Make a cancellation's call unless it is finished or in other hands."""
    held = operations.claim(operation)
    if held is None:
        return
    operations.settle(
        held,
        None,
        lambda: _cancel(held, row),
        record=lambda facts: recording.record_intent(row.pk, facts),
        refuse=lambda refusal: _let_go(row, refusal),
    )


def _let_go(row: Payment, refusal: GatewayRefused) -> None:
    """What the gateway does not know takes no money: nobody needs to wait for its end."""
    if refusal.code == "resource_missing":
        recording.withdraw_payment(row.pk)


def _charge(held: Claim, row: Payment) -> IntentFacts | None:
    """Register the intent and keep its id before any money moves, then confirm it."""
    intent_id = row.provider_id
    if not intent_id:
        with outside_call():
            intent_id = gateway().create_intent(_request(row), key=held.key).id
        if not _keep_id(row, intent_id):
            _withdraw(held, intent_id)
            return None
    elif held.repeated:
        with outside_call():
            found = gateway().retrieve_intent(intent_id)
        if found is not None and found.status != "requires_confirmation":
            return found
    with outside_call():
        return _confirm(held, intent_id)


def _confirm(held: Claim, intent_id: str) -> IntentFacts:
    try:
        return gateway().confirm_intent(intent_id, key=f"{held.key}:confirm")
    except GatewayKeySpent:
        found = gateway().retrieve_intent(intent_id)
        if found is None or found.status == "requires_confirmation":
            raise
        return found


def _keep_id(row: Payment, intent_id: str) -> bool:
    """Keep the gateway's id; false when the payment was cancelled in the meantime."""
    free = Q(provider_id__isnull=True) | Q(provider_id=intent_id)
    return bool(
        Payment.objects.filter(free, pk=row.pk, status__in=OPEN_PAYMENTS).update(provider_id=intent_id)
        or Payment.objects.filter(pk=row.pk, provider_id=intent_id).exists()
    )


def _withdraw(held: Claim, intent_id: str) -> None:
    """Cancel an intent that nobody will confirm; if that is refused, it never takes money either."""
    try:
        with outside_call():
            gateway().cancel_intent(intent_id, key=f"{held.key}:withdraw")
    except GatewayRefused:
        return


def _cancel(held: Claim, row: Payment) -> IntentFacts:
    assert row.provider_id, "only registered payments have a cancellation to send"
    with outside_call():
        return gateway().cancel_intent(row.provider_id, key=held.key)


def _request(row: Payment) -> IntentRequest:
    return IntentRequest(
        payment_id=str(row.public_id),
        amount=row.amount,
        payment_method=row.payment_method,
        transfer_group=row.transfer_group or str(row.public_id),
        metadata={str(key): str(value) for key, value in row.metadata.items()},
    )
