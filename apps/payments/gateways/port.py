"""The port: what PetWash asks of a payment gateway, in its own words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.common.money import Money


class GatewayError(Exception):
    """Base of what can go wrong with a call."""


class GatewayRefused(GatewayError):
    """A definitive no: nothing happened, and the same request would be refused again."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class GatewayUncertain(GatewayError):
    """No answer, or none that tells: it may or may not have happened. Look it up, then ask again."""


class GatewayKeySpent(GatewayError):
    """The idempotency key only ever gives back a stored fault; look up, then use a new generation."""


@dataclass(frozen=True, slots=True)
class IntentRequest:
    """A payment to be made. `payment_id` is ours and is kept in the gateway's metadata."""

    payment_id: str
    amount: Money
    payment_method: str
    transfer_group: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class IntentFacts:
    """A payment as the gateway sees it.

    status: requires_confirmation, requires_action, processing, succeeded, failed or cancelled.
    fee: what the gateway kept, once it is known.
    """

    id: str
    payment_id: str
    status: str
    amount: Money
    received: Money
    charge_id: str = ""
    client_secret: str = ""
    failure_code: str = ""
    failure_message: str = ""
    card_fingerprint: str = ""
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund to be made."""

    refund_id: str
    intent_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """A transfer to be made, out of the money of one charge."""

    transfer_id: str
    charge_id: str
    account_id: str
    amount: Money
    transfer_group: str


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """A transfer to be taken back, in part or whole: `reversal_id` is ours, `transfer_id` the gateway's."""

    reversal_id: str
    transfer_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class MovementFacts:
    """A refund, transfer or reversal as the gateway sees it: status pending, succeeded or failed."""

    id: str
    our_id: str
    status: str
    amount: Money
    failure_code: str = ""


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """A payee's account to be opened."""

    payee_id: str
    email: str
    country: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """A payee's account as the gateway sees it."""

    id: str
    payee_id: str
    payouts_enabled: bool
    details_submitted: bool


@dataclass(frozen=True, slots=True)
class WebhookFacts:
    """A signed event: only what it points to; the object itself is fetched again."""

    id: str
    type: str
    object_id: str
    created_at: datetime
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class DisputeFacts:
    """A payer's bank disputes a charge.

    status: the gateway's own words: warning_needs_response, warning_under_review, warning_closed,
    needs_response, under_review, won or lost. withdrawn: what the gateway has taken from us on its
    account and not given back, without fees. fee: the fees it has kept so far.
    """

    id: str
    charge_id: str
    intent_id: str
    amount: Money
    status: str
    reason: str
    evidence_due_at: datetime | None
    withdrawn: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class BalanceEntry:
    """One line of our account at the gateway; net = amount - fee, negative when money leaves.

    type: the gateway's own word. source_id: what moved, empty when nothing is named.
    status: pending until `available_at`, then available.
    """

    id: str
    type: str
    source_id: str
    amount: Money
    fee: Money
    net: Money
    status: str
    created_at: datetime
    available_at: datetime


@dataclass(frozen=True, slots=True)
class BalanceFacts:
    """What an account holds at the gateway, by ISO currency; either part may be negative."""

    available: dict[str, Money]
    pending: dict[str, Money]


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """An address that events are sent to. api_version: empty when it follows the account's default."""

    url: str
    enabled: bool
    api_version: str


class PaymentGateway(Protocol):
    """Every call may raise GatewayRefused, GatewayUncertain or GatewayKeySpent."""

    def create_intent(self, request: IntentRequest, *, key: str) -> IntentFacts:
        """Register a payment; no money moves before it is confirmed."""

    def confirm_intent(self, intent_id: str, *, key: str) -> IntentFacts:
        """Take the money; a declined card is a fact (status failed), not an error."""

    def cancel_intent(self, intent_id: str, *, key: str) -> IntentFacts:
        """Cancel, unless it has succeeded already: the facts tell which."""

    def retrieve_intent(self, intent_id: str) -> IntentFacts | None:
        """Look a payment up."""

    def intent_of_charge(self, charge_id: str) -> IntentFacts | None:
        """Look a payment up by the id of its charge."""

    def card_fingerprint(self, payment_method: str) -> str:
        """Return what is the same for the same card; empty when there is no such card."""

    def refund(self, request: RefundRequest, *, key: str) -> MovementFacts:
        """Send money back."""

    def find_refund(self, intent_id: str, refund_id: str) -> MovementFacts | None:
        """Look a refund up by our id."""

    def retrieve_refund(self, provider_id: str) -> MovementFacts | None:
        """Look a refund up by the gateway's id."""

    def transfer(self, request: TransferRequest, *, key: str) -> MovementFacts:
        """Send money to a payee."""

    def find_transfer(self, transfer_group: str, transfer_id: str) -> MovementFacts | None:
        """Look a transfer up by our id."""

    def retrieve_transfer(self, provider_id: str) -> MovementFacts | None:
        """Look a transfer up by the gateway's id."""

    def reverse_transfer(self, request: ReversalRequest, *, key: str) -> MovementFacts:
        """Take money back from a payee.

        Raises: GatewayRefused `balance_insufficient` when the payee's account holds less.
        """

    def find_reversal(self, transfer_provider_id: str, reversal_id: str) -> MovementFacts | None:
        """Look a reversal up by our id, among those of the transfer with the gateway's id."""

    def retrieve_dispute(self, dispute_id: str) -> DisputeFacts | None:
        """Look a dispute up by the gateway's id."""

    def events_since(self, after: datetime) -> Iterator[WebhookFacts]:
        """Yield what happened at or after this time, newest first; the gateway keeps 30 days."""

    def balance_entries(self, since: datetime, until: datetime) -> Iterator[BalanceEntry]:
        """Yield the lines of our account created from `since` to before `until`, newest first."""

    def balance(self) -> BalanceFacts:
        """Return what we hold at the gateway."""

    def payout_interval(self) -> str:
        """Return how often the platform's money is paid out by itself; "manual" when only on request."""

    def webhook_endpoints(self) -> list[EndpointFacts]:
        """Return where events are sent; a key without the right to see them is GatewayUncertain."""

    def payee_balance(self, account_id: str) -> BalanceFacts:
        """Return what a payee's account holds. Raises: GatewayRefused `account_invalid`."""

    def open_account(self, request: AccountRequest, *, key: str) -> AccountFacts:
        """Open a payee's account."""

    def find_account(self, request: AccountRequest) -> AccountFacts | None:
        """Look an account up by our id."""

    def retrieve_account(self, account_id: str) -> AccountFacts | None:
        """Look an account up by the gateway's id."""

    def onboarding_link(self, account_id: str, *, refresh_url: str, return_url: str) -> str:
        """Return a link, valid for minutes, where the payee completes the account."""

    def read_webhook(self, payload: bytes, signature: str) -> WebhookFacts:
        """Verify the signature on the raw bytes. Raises: GatewayRefused `invalid_signature`."""
