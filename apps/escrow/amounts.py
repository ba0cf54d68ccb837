"""How a hold's money is divided, and when it is due. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.common.money import Money


@dataclass(frozen=True)
class ReleaseSplit:
    """What a release does: the stay price left = payout + sitter fee; the owner's fee left is earned."""

    payout: Money
    sitter_fee: Money
    owner_fee: Money

    @property
    def stay(self) -> Money:
        """The part of the stay price that this release takes out of escrow."""
        return self.payout + self.sitter_fee


def split_release(stay_left: Money, owner_fee_left: Money, sitter_fee_pct: Decimal) -> ReleaseSplit:
    """Divide what is left: the sitter's fee is a percentage of the part the sitter still earns."""
    fee = stay_left.percent(sitter_fee_pct)
    return ReleaseSplit(payout=stay_left - fee, sitter_fee=fee, owner_fee=owner_fee_left)


def release_due(completed_at: datetime, scheduled_end_at: datetime, hold: timedelta) -> datetime:
    """Return the instant a payout is due: the later of completion and scheduled end, plus the hold.

    `hold` is elapsed time (24 hours), not a calendar day: a change of the clocks does not move it.
    """
    return max(completed_at, scheduled_end_at) + hold
