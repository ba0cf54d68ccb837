"""What other apps see of payments, refunds, transfers, reversals, disputes and payees. Pure; ids are opaque strings."""

from dataclasses import dataclass
from datetime import datetime

from apps.common.money import Money


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment: `status` is prepared, sent, requires_action, succeeded, failed, cancelled or unknown.

    client_secret: only while the payer must act (3-D Secure). card_fingerprint: the same for the
    same card, whoever pays; never a card number.
    """

    id: str
    purpose: str
    subject: str
    amount: Money
    status: str
    transfer_group: str
    failure_code: str = ""
    failure_message: str = ""
    client_secret: str | None = None
    provider_id: str | None = None
    card_fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund: `status` is prepared, sent, succeeded, failed or unknown."""

    id: str
    payment_id: str
    purpose: str
    subject: str
    amount: Money
    status: str
    reason: str
    failure_code: str = ""
    failure_message: str = ""
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """A transfer that is wanted: out of one payment, to one payee. `transfer_group` defaults to the payment's."""

    source_payment_id: str
    purpose: str
    subject: str
    amount: Money
    payee_id: str
    transfer_group: str = ""


@dataclass(frozen=True, slots=True)
class TransferView:
    """A transfer to a payee: `status` is prepared, sent, succeeded, failed or unknown."""

    id: str
    source_payment_id: str
    payee_id: str
    purpose: str
    subject: str
    amount: Money
    status: str
    transfer_group: str
    failure_code: str = ""
    failure_message: str = ""
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReversalView:
    """A transfer taken back: `status` is prepared, sent, succeeded, failed or unknown.

    reversed: what really came back, once it succeeded; less than `amount` when the payee's account held less.
    """

    id: str
    transfer_id: str
    purpose: str
    subject: str
    amount: Money
    reversed: Money
    status: str
    failure_code: str = ""
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class DisputeView:
    """A payer's bank disputes a payment: `status` is inquiry, open, won, lost or closed.

    amount: what is disputed. withdrawn: what the gateway has taken off our account and not given back, without
    fees. fee: the fees it has kept. provider_id: the gateway's id, under which evidence is sent.
    """

    id: str
    payment_id: str
    purpose: str
    subject: str
    amount: Money
    status: str
    reason: str
    evidence_due_at: datetime | None
    withdrawn: Money
    fee: Money
    provider_id: str


@dataclass(frozen=True, slots=True)
class PayeeView:
    """Somebody who can be paid: an account at the gateway, and whether it may receive money."""

    id: str
    provider_account_id: str | None
    payouts_enabled: bool
