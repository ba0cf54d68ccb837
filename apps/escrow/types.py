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
    """A hold as others may see it. `*_left` is held and promised to nobody: neither on its way back nor out."""

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
class HoldMove:
    """Where a hold stands after its move: what those who follow it are told."""

    booking_id: str
    state: str


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
    """A payout to the sitter: `in_transit` until every transfer is confirmed, then `paid`.

    `partial`: some transfers were refused and are due again; `failed`: all were. amount: what reached
    the sitter of this stay so far or is on its way; of a failed payout, what was tried. offset: kept,
    beside the amount, for what the sitter owed us.
    """

    id: str
    booking_id: str
    status: str
    amount: Money
    sitter_fee: Money
    released_at: datetime | None
    offset: Money
    failure_code: str = ""


@dataclass(frozen=True)
class RefundView:
    """A refund to the owner, by component: `in_transit`, then `paid`, `partial` or `failed`.

    `partial`: it goes back to more than one payment, and some of them refused their part.
    """

    id: str
    booking_id: str
    status: str
    stay: Money
    owner_fee: Money
    reason: str


@dataclass(frozen=True)
class ClawBackView:
    """Money taken back from a sitter after the payout.

    status: `reversing` while the transfers are reversed, `reversed` while the refund has to wait,
    `refunding`, then `done`. sitter: what was to come from the sitter; reversed: what came; the rest is
    the sitter's debt.
    """

    id: str
    booking_id: str
    aim: str
    status: str
    stay: Money
    owner_fee: Money
    sitter: Money
    reversed: Money
    reason: str


@dataclass(frozen=True)
class ReceivableView:
    """What a sitter owes since a claw back came up short: at first, and still."""

    id: str
    booking_id: str
    amount: Money
    open: Money


@dataclass(frozen=True)
class GoodwillView:
    """A refund at our cost: `in_transit`, then `paid` or `failed`."""

    id: str
    booking_id: str
    status: str
    amount: Money
    reason: str


@dataclass(frozen=True)
class BankRefundView:
    """A transfer from our bank in place of a failed refund: `proposed`, `sent` or `returned`."""

    status: str
    amount: Money
    reference: str


@dataclass(frozen=True)
class Whereabouts:
    """One sum of a booking's money: how much, where it is, and a sentence for a person."""

    place: str
    amount: Money
    why: str


@dataclass(frozen=True)
class EarningView:
    """One movement of a payee's earnings: stay = sitter_fee + offset + paid; what was taken back is negative.

    kind: `payout` or `claw_back`. offset: kept for what the sitter owed us.
    """

    id: str
    kind: str
    payee_user_id: int
    booking_id: str
    happened_at: datetime
    stay: Money
    sitter_fee: Money
    offset: Money
    paid: Money


@dataclass(frozen=True)
class MoneyThen:
    """A hold at an instant: its state, what had been paid, and the places that add up to it.

    A negative amount is money of ours: it went to the owner beside what the others keep.
    """

    state: str
    frozen: bool
    disputed: bool
    release_due_at: datetime | None
    paid_in: Money
    places: list[Whereabouts]
