"""What the comparison works with and what it answers. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from apps.common.money import Money
from apps.ledger.types import Leg
from apps.reconciliation.states import BreakClass


@dataclass(frozen=True, slots=True)
class Side:
    """What one side holds under one key in one currency, added up; amounts signed, positive when money came in."""

    count: int
    amount_minor: int
    fee_minor: int
    since: datetime

    @property
    def net_minor(self) -> int:
        """What the movement did to the balance."""
        return self.amount_minor - self.fee_minor


@dataclass(frozen=True, slots=True)
class Difference:
    """Gateway and books disagree about one movement in one currency; a side that knows nothing is None."""

    kind: str
    match_id: str
    currency: str
    ours: Side | None
    theirs: Side | None

    @property
    def minor(self) -> int:
        """Ours less theirs, as it moves the balance."""
        return (self.ours.net_minor if self.ours else 0) - (self.theirs.net_minor if self.theirs else 0)

    @property
    def since(self) -> datetime:
        """When the younger side appeared: so long the two can have disagreed at most."""
        return max(side.since for side in (self.ours, self.theirs) if side)


@dataclass(frozen=True, slots=True)
class Origin:
    """What the gateway's object says about itself: the id of ours that it carries, and where that row stands."""

    our_id: str = ""
    settled_elsewhere: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One break as the comparison sees it. `reference` is unique for what it is about."""

    break_class: BreakClass
    kind: str
    match_id: str
    currency: str
    ours_minor: int | None
    theirs_minor: int | None
    difference_minor: int
    our_id: str = ""
    scope: str = ""

    @property
    def reference(self) -> str:
        """Name what it is about."""
        return f"{self.scope}{self.kind}:{self.match_id}:{self.currency}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A key's differences, judged: breaks, or in flight because it is too early to tell."""

    findings: tuple[Finding, ...] = ()
    in_flight: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class JournalProposal:
    """A journal that would make the books follow the gateway, for two people to look at."""

    currency: str
    legs: tuple[Leg, ...]

    def __str__(self) -> str:
        sides = ((("Dr" if leg.amount.amount_minor > 0 else "Cr"), leg) for leg in self.legs)
        return ", ".join(f"{side} {leg.account} {_absolute(leg.amount)}" for side, leg in sorted(sides, reverse=True))


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended. `skipped`: another one was at work."""

    id: str
    status: str
    new_entries: int = 0
    in_flight: int = 0
    breaks_new: int = 0
    breaks_resolved: int = 0
    breaks_open: int = 0
    failure: str = ""
    totals: tuple["TotalView", ...] = field(default=())


@dataclass(frozen=True, slots=True)
class TotalView:
    """One currency's sum: ledger = gateway + in flight + breaks + unexplained."""

    currency: str
    ledger: Money
    gateway: Money
    in_flight: Money
    breaks: Money
    unexplained: Money


def _absolute(money: Money) -> Money:
    return Money(abs(money.amount_minor), money.currency)
