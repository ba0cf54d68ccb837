"""Plain values of statements. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models

from apps.common.money import Money


class LineKind(models.TextChoices):
    """What moved a sitter's earnings."""

    PAYOUT = "payout", "Stay paid out"
    CLAW_BACK = "claw_back", "Payout taken back"


@dataclass(frozen=True)
class Line:
    """One movement: the stay's price = our fee + what settled an old debt + what was paid.

    Amounts of money that was taken back are negative.
    """

    source: str
    kind: str
    happened_at: datetime
    booking_id: str
    reference: str
    stay: Money
    fee: Money
    settled: Money
    paid: Money


@dataclass(frozen=True)
class Totals:
    """The sums of some lines in one currency; `stays` counts payouts."""

    stays: int
    gross: Money
    fees: Money
    settled: Money
    paid: Money

    @classmethod
    def of(cls, lines: Iterable[Line], currency: str) -> "Totals":
        """Add lines up."""
        zero = Money.zero(currency)
        rows = list(lines)
        return cls(
            stays=sum(row.kind == LineKind.PAYOUT for row in rows),
            gross=sum((row.stay for row in rows), start=zero),
            fees=sum((row.fee for row in rows), start=zero),
            settled=sum((row.settled for row in rows), start=zero),
            paid=sum((row.paid for row in rows), start=zero),
        )


@dataclass(frozen=True)
class Sheet:
    """A statement ready to be shown, whether it is closed (with a number) or still open."""

    number: str
    payee: str
    currency: str
    first: date
    last: date
    timezone: str
    issued_at: datetime | None
    totals: Totals
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Year:
    """What tax forms ask for: a payee's calendar year in one currency, by month and by quarter."""

    year: int
    currency: str
    timezone: str
    months: tuple[Totals, ...]

    @property
    def quarters(self) -> tuple[Totals, ...]:
        """Four sums of three months."""
        return tuple(_added(self.months[start : start + 3], self.currency) for start in range(0, 12, 3))

    @property
    def total(self) -> Totals:
        """The whole year."""
        return _added(self.months, self.currency)


@dataclass(frozen=True)
class ReceiptLine:
    """One line of an owner's receipt."""

    what: str
    amount: Money


@dataclass(frozen=True)
class Receipt:
    """What an owner paid for a stay, and what came back, as of now."""

    reference: str
    owner: str
    sitter: str
    first: date
    last: date
    lines: tuple[ReceiptLine, ...]
    paid: Money
    refunded: Money
    issued_at: datetime


def _added(parts: Iterable[Totals], currency: str) -> Totals:
    zero = Money.zero(currency)
    rows = list(parts)
    return Totals(
        stays=sum(row.stays for row in rows),
        gross=sum((row.gross for row in rows), start=zero),
        fees=sum((row.fees for row in rows), start=zero),
        settled=sum((row.settled for row in rows), start=zero),
        paid=sum((row.paid for row in rows), start=zero),
    )
