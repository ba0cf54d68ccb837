"""Payees: one account at the gateway for each person who can be paid."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.common.db import outside_call
from apps.common.errors import Conflict, Unavailable
from apps.payments import selectors
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import AccountFacts, AccountRequest, GatewayError, GatewayKeySpent
from apps.payments.models import Operation, PayeeAccount
from apps.payments.services import operations, recording
from apps.payments.services.operations import Claim
from apps.payments.states import OperationKind, OperationStatus
from apps.payments.types import PayeeView

COUNTRY = "US"


def open_payee_account(user: Any) -> PayeeView:
    """Open the person's account at the gateway, once; again returns the same.

    Call it outside of any transaction. `payouts_enabled` may come later, by webhook, once the
    person has completed what `onboarding_link` leads to.

    Raises: Unavailable `gateway_unavailable` when no answer came (it is looked up and finished
    later); Conflict `payee_refused` when the gateway refuses to open it.
    """
    with transaction.atomic(durable=True):
        row, _ = PayeeAccount.objects.get_or_create(user=user)
        operation, _ = Operation.objects.get_or_create(kind=OperationKind.PAYEE, payee=row)
        Operation.objects.filter(pk=operation.pk, status=OperationStatus.FAILED).update(
            status=OperationStatus.PREPARED, generation=F("generation") + 1
        )
    open_if_due(operation, row)
    row.refresh_from_db()
    if row.provider_account_id:
        return selectors.payee_view(row if row.payouts_enabled else _looked_up(row, row.provider_account_id))
    operation.refresh_from_db()
    if operation.status == OperationStatus.FAILED:
        raise Conflict(
            "payee_refused",
            "The payment provider refused to open this account; correct your details and try again.",
            {"reason": operation.last_error},
        )
    raise Unavailable("gateway_unavailable", "The payment provider does not answer; try again in a minute.")


def onboarding_link(payee_id: str, *, return_path: str = "/", refresh_path: str = "/") -> str:
    """Return a link, valid for minutes, where the payee completes the account; outside any transaction.

    Raises: NotFound; Conflict `payee_not_open`; Unavailable `gateway_unavailable`.
    """
    account_id = selectors.payee(payee_id).provider_account_id
    if account_id is None:
        raise Conflict("payee_not_open", "The account is not open yet; open it first.")
    base = settings.PUBLIC_BASE_URL
    try:
        with outside_call():
            return gateway().onboarding_link(
                account_id, refresh_url=f"{base}{refresh_path}", return_url=f"{base}{return_path}"
            )
    except GatewayError as error:
        raise Unavailable("gateway_unavailable", "The payment provider does not answer; try again.") from error


def open_if_due(operation: Operation, row: PayeeAccount) -> None:
    """Make the call that opens an account unless it is finished or in other hands."""
    held = operations.claim(operation)
    if held is None:
        return
    request = AccountRequest(
        payee_id=str(row.public_id), email=row.user.email, country=COUNTRY, since=operation.sent_at or row.created_at
    )
    operations.settle(
        held,
        None,
        lambda: _open(held, request),
        record=lambda facts: _record(row, operation, facts),
        refuse=lambda refusal: None,
    )


def _looked_up(row: PayeeAccount, account_id: str) -> PayeeAccount:
    """Ask whether the account is ready by now: the webhook that said so may be lost."""
    try:
        with outside_call():
            facts = gateway().retrieve_account(account_id)
    except GatewayError:
        return row
    if facts is None:
        return row
    with transaction.atomic(durable=True):
        return recording.record_account(row.pk, facts)


def _open(held: Claim, request: AccountRequest) -> AccountFacts:
    with outside_call():
        found = gateway().find_account(request) if held.repeated else None
        if found is not None:
            return found
        try:
            return gateway().open_account(request, key=held.key)
        except GatewayKeySpent:
            found = gateway().find_account(request)
            if found is None:
                raise
            return found


def _record(row: PayeeAccount, operation: Operation, facts: AccountFacts) -> None:
    recording.record_account(row.pk, facts)
    operations.finish(operation.pk, succeeded=True)
