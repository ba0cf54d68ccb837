"""What happened to protected payments; ids and plain values only."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class FundsHeld(events.Event):
    """The owner's payment arrived and is held."""

    hold_id: str
    booking_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class FundsAdded(events.Event):
    """The difference that a change of the booking costs arrived and is held."""

    hold_id: str
    booking_id: str
    change_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class DepositFailed(events.Event):
    """A payment attempt failed; the booking may be paid again while it is reserved."""

    hold_id: str
    booking_id: str
    failure_code: str


@dataclass(frozen=True)
class ReleaseScheduled(events.Event):
    """The clock to the payout runs (or was moved)."""

    hold_id: str
    booking_id: str
    release_due_at: str


@dataclass(frozen=True)
class PayoutReleased(events.Event):
    """The transfer to the sitter was confirmed."""

    hold_id: str
    booking_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class PayoutFailed(events.Event):
    """The transfer was refused; the money is back in escrow and the payout is due again."""

    hold_id: str
    booking_id: str
    failure_code: str


@dataclass(frozen=True)
class HoldRefunded(events.Event):
    """A refund was confirmed; `whole` tells whether nothing is left."""

    hold_id: str
    booking_id: str
    amount_minor: int
    currency: str
    whole: bool


@dataclass(frozen=True)
class BankRefundMoved(events.Event):
    """A refund by bank transfer was proposed, sent, rejected, or returned by the bank: see `status`."""

    hold_id: str
    booking_id: str
    bank_refund_id: str
    status: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class HoldBlocked(events.Event):
    """A freeze or a dispute stops the release."""

    hold_id: str
    booking_id: str
    blocker: str


@dataclass(frozen=True)
class HoldUnblocked(events.Event):
    """The blocker is gone; the hold goes on where it stood."""

    hold_id: str
    booking_id: str
    blocker: str


@dataclass(frozen=True)
class PayoutClawedBack(events.Event):
    """Money of a payout was taken back; what did not come of `amount_minor` is the sitter's debt."""

    hold_id: str
    booking_id: str
    amount_minor: int
    reversed_minor: int
    currency: str
