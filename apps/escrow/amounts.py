"""How a hold's money is divided over people, components and fundings, and when it is due. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.common.money import Money


@dataclass(frozen=True)
class Parts:
    """An amount by component: of the stay price, and of the owner's fee."""

    stay: Money
    owner_fee: Money

    @classmethod
    def of(cls, stay_minor: int, owner_fee_minor: int, currency: str) -> "Parts":
        """Return minor units of one currency as parts."""
        return cls(Money(stay_minor, currency), Money(owner_fee_minor, currency))

    @property
    def total(self) -> Money:
        """What the owner sees on the card's statement."""
        return self.stay + self.owner_fee

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(self.stay + other.stay, self.owner_fee + other.owner_fee)

    def __sub__(self, other: "Parts") -> "Parts":
        return Parts(self.stay - other.stay, self.owner_fee - other.owner_fee)


@dataclass(frozen=True)
class ReleaseSplit:
    """What a release does: the stay price left = payout + offset + sitter fee; the owner's fee left is earned.

    offset: the sitter's money that is kept for what the sitter owes us.
    """

    payout: Money
    sitter_fee: Money
    owner_fee: Money
    offset: Money

    @property
    def stay(self) -> Money:
        """The part of the stay price that this release takes out of escrow."""
        return self.payout + self.offset + self.sitter_fee


@dataclass(frozen=True)
class Earned:
    """What earlier transfers of the same hold took: of the stay price, and our fee on that."""

    stay: Money
    sitter_fee: Money


def split_release(left: Parts, sitter_fee_pct: Decimal, earned: Earned | None = None) -> ReleaseSplit:
    """Divide what is left: the sitter's fee is a percentage of all that the sitter earns.

    With `earned`, the fee of both releases together is what one release would have taken.
    """
    before = earned or Earned(Money.zero(left.stay.currency), Money.zero(left.stay.currency))
    whole = (before.stay + left.stay).percent(sitter_fee_pct) - before.sitter_fee
    fee = max(Money.zero(left.stay.currency), min(whole, left.stay))
    return ReleaseSplit(left.stay - fee, fee, left.owner_fee, Money.zero(left.stay.currency))


def share_release(split: ReleaseSplit, left: Sequence[Parts], owed: Money) -> list[ReleaseSplit]:
    """Divide a release over the fundings whose money it is, without losing a minor unit.

    The fee follows the fundings' shares of the stay price by largest remainder; what the sitter owes
    is kept from the oldest money first.
    """
    weights = [part.stay.amount_minor for part in left]
    zero = Money.zero(owed.currency)
    fees = split.sitter_fee.allocate(weights) if any(weights) else [zero for _ in left]
    shares = []
    for part, fee in zip(left, fees, strict=True):
        sitters = part.stay - fee
        offset = min(owed, sitters)
        owed -= offset
        shares.append(ReleaseSplit(sitters - offset, fee, part.owner_fee, offset))
    return shares


def share_refund(wanted: Parts, left: Sequence[Parts]) -> list[Parts]:
    """Divide a refund over fundings, which come oldest first: the newest gives first, each what it has.

    Returns one share for each funding, of nothing for those that are not needed.
    Raises: ValueError when more is wanted of a component than all have together.
    """
    shares = []
    for part in reversed(left):
        share = Parts(min(wanted.stay, part.stay), min(wanted.owner_fee, part.owner_fee))
        wanted -= share
        shares.append(share)
    if wanted.stay or wanted.owner_fee:
        raise ValueError(f"{wanted} is more than is left.")
    return shares[::-1]


def release_due(completed_at: datetime, scheduled_end_at: datetime, hold: timedelta) -> datetime:
    """Return the instant a payout is due: the later of completion and scheduled end, plus the hold.

    `hold` is elapsed time (24 hours), not a calendar day: a change of the clocks does not move it.
    """
    return max(completed_at, scheduled_end_at) + hold
