"""What other apps see of payments, refunds, transfers and payees. Pure; ids are opaque strings."""

from dataclasses import dataclass

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
class PayeeView:
    """Somebody who can be paid: an account at the gateway, and whether it may receive money."""

    id: str
    provider_account_id: str | None
    payouts_enabled: bool
