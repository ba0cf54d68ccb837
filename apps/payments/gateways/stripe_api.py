"""The one adapter: Stripe's own SDK. Without keys it speaks to the sandbox at STRIPE_API_BASE.

The rules of retrying: docs.stripe.com/api/idempotent_requests and docs.stripe.com/error-low-level.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests
import stripe
from requests.adapters import HTTPAdapter

from apps.payments.gateways import facts
from apps.payments.gateways.port import (
    AccountFacts,
    AccountRequest,
    BalanceEntry,
    BalanceFacts,
    DisputeFacts,
    EndpointFacts,
    GatewayKeySpent,
    GatewayRefused,
    GatewayUncertain,
    IntentFacts,
    IntentRequest,
    MovementFacts,
    RefundRequest,
    ReversalRequest,
    TransferRequest,
    WebhookFacts,
)
from apps.payments.gateways.wire import to_wire

API_VERSION = "2026-10-28.endive"  # the SDK's own; pinned so that an upgrade is a decision
SIGNATURE_TOLERANCE_SECONDS = 300
SERVER_ERROR = 500
CONFLICT = 409
UNEXPECTED_STATE = "payment_intent_unexpected_state"
CONNECTIONS_KEPT = 256
"""More at once work too; they are closed after their answer."""
EXPAND = ["latest_charge.balance_transaction"]

logging.getLogger("stripe").setLevel(logging.WARNING)  # its debug lines carry request bodies


def load_sdk() -> None:
    """Load what the SDK loads with its first answer: some hundred modules, the better part of a second."""
    charge = {"object": "charge", "balance_transaction": {"object": "balance_transaction"}}
    stripe.PaymentIntent.construct_from({"object": "payment_intent", "latest_charge": charge}, key=None)


def _session() -> requests.Session:
    """Return a session for all threads of the process.

    A purchase has a thread of its own: with a session each, each would connect, and agree on keys, anew.
    """
    session = requests.Session()
    adapter = HTTPAdapter(pool_maxsize=CONNECTIONS_KEPT)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


class StripeGateway:
    """Stripe, or the sandbox that behaves like it, behind the port `PaymentGateway`."""

    def __init__(
        self, *, api_key: str, webhook_secret: str, base: str, timeout_seconds: float, max_network_retries: int = 2
    ) -> None:
        # Several, separated by commas, while one is replaced by another.
        self._webhook_secrets = [secret.strip() for secret in webhook_secret.split(",") if secret.strip()]
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": base},
            max_network_retries=max_network_retries,
            stripe_version=API_VERSION,
            http_client=stripe.RequestsClient(timeout=timeout_seconds, session=_session()),
        ).v1

    def create_intent(self, request: IntentRequest, *, key: str) -> IntentFacts:
        """Register a payment; no money moves before it is confirmed."""
        with _translated():
            intent = self._client.payment_intents.create(
                {
                    "amount": to_wire(request.amount),
                    "currency": request.amount.currency.lower(),
                    "payment_method": request.payment_method,
                    "allowed_payment_method_types": ["card"],
                    "transfer_group": request.transfer_group,
                    "metadata": {**request.metadata, "payment_id": request.payment_id},
                },
                {"idempotency_key": key},
            )
        return facts.of_intent(intent.to_dict())

    def confirm_intent(self, intent_id: str, *, key: str) -> IntentFacts:
        """Take the money; a declined card is a fact (status failed), not an error."""
        try:
            with _translated():
                intent = self._client.payment_intents.confirm(intent_id, {"expand": EXPAND}, {"idempotency_key": key})
        except _Moved:
            return self._settled(intent_id)
        return facts.of_intent(intent.to_dict())

    def cancel_intent(self, intent_id: str, *, key: str) -> IntentFacts:
        """Cancel, unless it has succeeded already: the facts tell which."""
        try:
            with _translated():
                intent = self._client.payment_intents.cancel(intent_id, {}, {"idempotency_key": key})
        except _Moved:
            return self._settled(intent_id)
        return facts.of_intent(intent.to_dict())

    def retrieve_intent(self, intent_id: str) -> IntentFacts | None:
        """Look a payment up."""
        with _absent_is_none() as found, _translated():
            found += [self._client.payment_intents.retrieve(intent_id, {"expand": EXPAND}).to_dict()]
        return facts.of_intent(found[0]) if found else None

    def intent_of_charge(self, charge_id: str) -> IntentFacts | None:
        """Look a payment up by the id of its charge; None for a charge of something else than an intent."""
        with _absent_is_none() as found, _translated():
            found += [self._client.charges.retrieve(charge_id).to_dict()]
        intent_id = found[0].get("payment_intent") if found else None
        return self.retrieve_intent(intent_id) if intent_id else None

    def card_fingerprint(self, payment_method: str) -> str:
        """Return what is the same for the same card; empty when there is no such card."""
        try:
            with _translated():
                method = self._client.payment_methods.retrieve(payment_method, {}, {"max_network_retries": 0}).to_dict()
        except GatewayRefused:
            return ""
        return str((method.get("card") or {}).get("fingerprint") or "")

    def refund(self, request: RefundRequest, *, key: str) -> MovementFacts:
        """Send money back."""
        with _translated():
            refund = self._client.refunds.create(
                {
                    "payment_intent": request.intent_id,
                    "amount": to_wire(request.amount),
                    "metadata": {"refund_id": request.refund_id},
                },
                {"idempotency_key": key},
            )
        return facts.of_refund(refund.to_dict())

    def find_refund(self, intent_id: str, refund_id: str) -> MovementFacts | None:
        """Look a refund up by our id."""
        with _translated():
            page = self._client.refunds.list({"payment_intent": intent_id, "limit": 100})
            rows = (facts.of_refund(row.to_dict()) for row in page.auto_paging_iter())
            return next((row for row in rows if row.our_id == refund_id), None)

    def retrieve_refund(self, provider_id: str) -> MovementFacts | None:
        """Look a refund up by the gateway's id."""
        with _absent_is_none() as found, _translated():
            found += [self._client.refunds.retrieve(provider_id).to_dict()]
        return facts.of_refund(found[0]) if found else None

    def transfer(self, request: TransferRequest, *, key: str) -> MovementFacts:
        """Send money to a payee, out of one charge, so that pending money can be used."""
        with _translated():
            transfer = self._client.transfers.create(
                {
                    "amount": to_wire(request.amount),
                    "currency": request.amount.currency.lower(),
                    "destination": request.account_id,
                    "source_transaction": request.charge_id,
                    "transfer_group": request.transfer_group,
                    "metadata": {"transfer_id": request.transfer_id},
                },
                {"idempotency_key": key},
            )
        return facts.of_transfer(transfer.to_dict())

    def find_transfer(self, transfer_group: str, transfer_id: str) -> MovementFacts | None:
        """Look a transfer up by our id."""
        with _translated():
            page = self._client.transfers.list({"transfer_group": transfer_group, "limit": 100})
            rows = (facts.of_transfer(row.to_dict()) for row in page.auto_paging_iter())
            return next((row for row in rows if row.our_id == transfer_id), None)

    def retrieve_transfer(self, provider_id: str) -> MovementFacts | None:
        """Look a transfer up by the gateway's id."""
        with _absent_is_none() as found, _translated():
            found += [self._client.transfers.retrieve(provider_id).to_dict()]
        return facts.of_transfer(found[0]) if found else None

    def reverse_transfer(self, request: ReversalRequest, *, key: str) -> MovementFacts:
        """Take money back from a payee, as far as the payee's account holds it."""
        with _translated():
            reversal = self._client.transfers.reversals.create(
                request.transfer_id,
                {"amount": to_wire(request.amount), "metadata": {"reversal_id": request.reversal_id}},
                {"idempotency_key": key},
            )
        return facts.of_reversal(reversal.to_dict())

    def find_reversal(self, transfer_provider_id: str, reversal_id: str) -> MovementFacts | None:
        """Look a reversal up by our id, among those of one transfer."""
        with _translated():
            page = self._client.transfers.reversals.list(transfer_provider_id, {"limit": 100})
            rows = (facts.of_reversal(row.to_dict()) for row in page.auto_paging_iter())
            return next((row for row in rows if row.our_id == reversal_id), None)

    def retrieve_dispute(self, dispute_id: str) -> DisputeFacts | None:
        """Look a dispute up by the gateway's id."""
        with _absent_is_none() as found, _translated():
            found += [self._client.disputes.retrieve(dispute_id).to_dict()]
        return facts.of_dispute(found[0]) if found else None

    def events_since(self, after: datetime) -> Iterator[WebhookFacts]:
        """Yield what happened at or after this time, newest first; pages are fetched as they are needed."""
        with _translated():
            page = self._client.events.list({"created": {"gte": int(after.timestamp())}, "limit": 100})
            for event in page.auto_paging_iter():
                yield facts.of_event(event.to_dict())

    def balance_entries(self, since: datetime, until: datetime) -> Iterator[BalanceEntry]:
        """Yield the lines of our account created from `since` to before `until`, newest first."""
        with _translated():
            page = self._client.balance_transactions.list(
                {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}, "limit": 100}
            )
            for row in page.auto_paging_iter():
                yield facts.of_entry(row.to_dict())

    def balance(self) -> BalanceFacts:
        """Return what we hold at the gateway."""
        with _translated():
            return facts.of_balance(self._client.balance.retrieve().to_dict())

    def payout_interval(self) -> str:
        """Return how often the platform's money is paid out by itself; "manual" when only on request."""
        with _translated():
            return facts.of_balance_settings(self._client.balance_settings.retrieve().to_dict())

    def webhook_endpoints(self) -> list[EndpointFacts]:
        """Return where events are sent."""
        with _translated():
            page = self._client.webhook_endpoints.list({"limit": 100})
            return [facts.of_endpoint(row.to_dict()) for row in page.auto_paging_iter()]

    def payee_balance(self, account_id: str) -> BalanceFacts:
        """Return what a payee's account holds. Raises: GatewayRefused `account_invalid`."""
        with _translated():
            held = self._client.balance.retrieve({}, {"stripe_account": account_id})
            return facts.of_balance(held.to_dict())

    def open_account(self, request: AccountRequest, *, key: str) -> AccountFacts:
        """Open a payee's account that can receive transfers; its holder completes it at Stripe."""
        with _translated():
            account = self._client.accounts.create(
                {
                    "country": request.country,
                    "email": request.email,
                    "business_type": "individual",
                    "capabilities": {"transfers": {"requested": True}},
                    "controller": {
                        "fees": {"payer": "application"},
                        "losses": {"payments": "application"},
                        "stripe_dashboard": {"type": "express"},
                    },
                    "metadata": {"payee_id": request.payee_id},
                },
                {"idempotency_key": key},
            )
        return facts.of_account(account.to_dict())

    def find_account(self, request: AccountRequest) -> AccountFacts | None:
        """Look an account up by our id, among those opened since the first attempt."""
        with _translated():
            since = int(request.since.timestamp()) - SIGNATURE_TOLERANCE_SECONDS  # clocks differ
            page = self._client.accounts.list({"created": {"gte": since}, "limit": 100})
            rows = (facts.of_account(row.to_dict()) for row in page.auto_paging_iter())
            return next((row for row in rows if row.payee_id == request.payee_id), None)

    def retrieve_account(self, account_id: str) -> AccountFacts | None:
        """Look an account up by the gateway's id."""
        with _absent_is_none() as found, _translated():
            found += [self._client.accounts.retrieve(account_id).to_dict()]
        return facts.of_account(found[0]) if found else None

    def onboarding_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """Return a link, valid for minutes, where the payee completes the account."""
        with _translated():
            link = self._client.account_links.create(
                {
                    "account": account_id,
                    "refresh_url": refresh_url,
                    "return_url": return_url,
                    "type": "account_onboarding",
                }
            )
        return link.url

    def read_webhook(self, payload: bytes, signature: str) -> WebhookFacts:
        """Verify the signature on the raw bytes. Raises: GatewayRefused `invalid_signature`."""
        try:
            self._verify(payload, signature)
            return facts.of_event(json.loads(payload))
        except stripe.SignatureVerificationError as error:
            raise GatewayRefused("invalid_signature", "The signature is missing, forged or too old.") from error
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise GatewayRefused("invalid_signature", "This is not a signed event.") from error

    def _verify(self, payload: bytes, signature: str) -> None:
        """Believe a signature by any of our secrets. Raises: SignatureVerificationError, ValueError."""
        refusal: Exception = ValueError("no secret is configured")
        for secret in self._webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(payload, signature, secret, SIGNATURE_TOLERANCE_SECONDS)
            except stripe.SignatureVerificationError as error:
                refusal = error
            else:
                return
        raise refusal

    def _settled(self, intent_id: str) -> IntentFacts:
        """Return the facts of an intent that had moved on when a call reached it."""
        found = self.retrieve_intent(intent_id)
        if found is None:
            raise GatewayUncertain(f"{intent_id} was there a moment ago")
        return found


class _Moved(GatewayRefused):
    """The intent is no longer in the state that the call expects; its facts tell where it is."""


@contextmanager
def _absent_is_none() -> Iterator[list[dict[str, Any]]]:
    """Collect what was found; an object that does not exist leaves the list empty."""
    found: list[dict[str, Any]] = []
    try:
        yield found
    except GatewayRefused as refusal:
        if refusal.code not in {"resource_missing", "account_invalid"}:
            raise


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the SDK's errors into the port's three.

    What says nothing about the effect (no answer, 5xx, 409, 429, a wrong key of ours) is uncertain.
    """
    try:
        yield
    except stripe.CardError as error:
        # The intent holds the decline as its last error: it is read like any other state.
        raise _Moved(error.code or "card_declined", error.user_message or "The card was declined.") from error
    except stripe.IdempotencyError as error:
        if error.http_status == CONFLICT:  # the first request with this key still runs
            raise GatewayUncertain("the key is in use by another request") from error
        raise GatewayKeySpent("the key stands for another request") from error
    except stripe.PermissionError as error:
        if (
            error.error is None or error.error.code != "account_invalid"
        ):  # any other is a key of ours that lacks a right
            raise GatewayUncertain(f"{type(error).__name__} (HTTP {error.http_status})") from error
        raise GatewayRefused("account_invalid", "The gateway does not know this account, or no longer.") from error
    except stripe.InvalidRequestError as error:
        raise _refusal(error) from error
    except stripe.StripeError as error:
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if (error.http_status or 0) >= SERVER_ERROR and headers.get("idempotent-replayed") == "true":
            raise GatewayKeySpent("the key gives back a stored fault") from error
        raise GatewayUncertain(f"{type(error).__name__} (HTTP {error.http_status})") from error


def _refusal(error: stripe.InvalidRequestError) -> GatewayRefused:
    code = error.code or "invalid_request"
    message = error.user_message or "The gateway refused the request."
    if code == UNEXPECTED_STATE:
        return _Moved(code, message)
    if code == "resource_missing" and error.param == "payment_method":
        return GatewayRefused("invalid_payment_method", "This payment method does not exist; choose another one.")
    return GatewayRefused(code, message)
