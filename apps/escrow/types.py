"""Plain values that escrow hands to others; its rows stay private. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.common.money import Money


@dataclass(frozen=True)
class HoldTerms:
    """What a hold is opened with. `booking_id` and `payee_user_id` name the two sides."""

    booking_id: str
    stay: Money
    owner_fee: Money
    sitter_fee_pct: Decimal
    payee_user_id: int


@dataclass(frozen=True)
class HoldView:
    """A hold as others may see it. Money still held is what `*_left` says."""

    id: str
    booking_id: str
    state: str
    stay: Money
    owner_fee: Money
    stay_left: Money
    owner_fee_left: Money
    sitter_fee_pct: Decimal
    release_due_at: datetime | None
    frozen: bool
    disputed: bool

    @property
    def total(self) -> Money:
        """What the owner pays: stay price plus owner fee."""
        return self.stay + self.owner_fee


@dataclass(frozen=True)
class DepositView:
    """What came of a deposit: the hold and its latest payment, as the gateway knows it."""

    hold: HoldView
    payment_id: str
    payment_status: str
    failure_code: str
    failure_message: str
    client_secret: str | None


@dataclass(frozen=True)
class PayoutView:
    """A payout to the sitter: `in_transit` until the transfer is confirmed, then `paid`; else `failed`."""

    id: str
    booking_id: str
    status: str
    amount: Money
    sitter_fee: Money
    released_at: datetime | None
    failure_code: str = ""


@dataclass(frozen=True)
class RefundView:
    """A refund to the owner, by component."""

    id: str
    booking_id: str
    status: str
    stay: Money
    owner_fee: Money
    reason: str


@dataclass(frozen=True)
class Whereabouts:
    """One sum of a booking's money: how much, where it is, and a sentence for a person."""

    place: str
    amount: Money
    why: str
