"""Values that callers of the ledger hold: accounts by name, legs, journals as read. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from apps.common.money import Money
from apps.ledger.chart import kind_of


@dataclass(frozen=True, slots=True, order=True)
class AccountRef:
    """An account by its kind and, for owned kinds, its owner (a booking's id, a sitter's id).

    Raises: ValueError for an unknown kind, a missing owner, or an owner where none belongs.
    """

    kind: str
    owner: str = ""

    def __post_init__(self) -> None:
        if kind_of(self.kind).owned != bool(self.owner):
            word = "needs" if kind_of(self.kind).owned else "takes no"
            raise ValueError(f"account {self.kind!r} {word} owner")

    def __str__(self) -> str:
        return f"{self.kind}:{self.owner}" if self.owner else self.kind


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a journal; `amount` is signed, debit positive."""

    account: AccountRef
    amount: Money


def debit(account: AccountRef, amount: Money) -> Leg:
    """Return the leg that debits the account. Raises: ValueError for an amount below zero."""
    return Leg(account, _not_negative(amount))


def credit(account: AccountRef, amount: Money) -> Leg:
    """Return the leg that credits the account. Raises: ValueError for an amount below zero."""
    return Leg(account, -_not_negative(amount))


def _not_negative(amount: Money) -> Money:
    if amount.amount_minor < 0:
        raise ValueError("a leg's amount is not negative: choose debit or credit instead")
    return amount


def net(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """Return one leg an account, in the order of accounts, without those that move nothing.

    The order is also the order in which guarded balances are locked.

    Raises: ValueError when no money moves, currencies are mixed or debits differ from credits.
    """
    sums: dict[AccountRef, int] = {}
    currencies = set()
    for leg in legs:
        currencies.add(leg.amount.currency)
        sums[leg.account] = sums.get(leg.account, 0) + leg.amount.amount_minor
    if len(currencies) > 1:
        raise ValueError(f"a journal has one currency, not {', '.join(sorted(currencies))}")
    if not any(sums.values()):
        raise ValueError("a journal must move money")
    if sum(sums.values()):
        raise ValueError(f"debits exceed credits by {sum(sums.values())} minor units")
    (currency,) = currencies
    return tuple(Leg(account, Money(amount, currency)) for account, amount in sorted(sums.items()) if amount)


@dataclass(frozen=True, slots=True)
class Posting:
    """A journal to be posted with others: what `services.post` is told of one."""

    kind: str
    key: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class JournalView:
    """A journal as it stands in the ledger for good."""

    id: str
    key: str
    kind: str
    currency: str
    effective_at: datetime
    legs: tuple[Leg, ...]
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """The natural balance of all accounts of one kind in one currency."""

    kind: str
    currency: str
    balance: Money


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found; `accounts` are counted by kind and currency, `problems` are sentences for a person."""

    journals: int
    entries: int
    accounts: Mapping[tuple[str, str], int]
    rows: tuple[TrialBalanceRow, ...]
    problems: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Tell whether the books are in order."""
        return not self.problems
