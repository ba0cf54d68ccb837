"""The sums: per currency ledger = gateway + in flight + breaks + unexplained, and the gateway's fees."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import QuerySet, Sum

from apps.ledger import selectors as ledger
from apps.reconciliation.models import BookedMovement, GatewayEntry, Run, RunTotal
from apps.reconciliation.proposals import FEE_ACCOUNTS
from apps.reconciliation.states import BreakClass, Kind
from apps.reconciliation.types import Difference, Finding

HELD = ("escrow", "transfer_in_flight")
Sums = dict[str, int]


def add_up(
    run: Run, in_flight: Iterable[Difference], breaks: Iterable[Difference], balance: Mapping[str, int] | None
) -> list[RunTotal]:
    """Return each currency's sums, not yet stored; `balance` is the gateway's own, where it can be compared."""
    books = _books(run.until)
    entries = _up_to(GatewayEntry.objects.all(), "created_at", run.until)
    movements = _up_to(BookedMovement.objects.all(), "settled_at", run.until)
    gateway, expense = _sums(entries, "net_minor"), _sums(movements, "expense_minor")
    flying, broken = _differences(in_flight), _differences(breaks)
    found = []
    for currency in sorted(set(gateway) | set(expense) | {currency for _, currency in books} | set(balance or {})):
        clearing = books[("stripe_clearing", currency)]
        explained = gateway[currency] + flying[currency] + broken[currency]
        found.append(
            RunTotal(
                run=run,
                currency=currency,
                ledger_minor=clearing,
                gateway_minor=gateway[currency],
                balance_minor=None if balance is None else balance.get(currency, 0),
                in_flight_minor=flying[currency],
                breaks_minor=broken[currency],
                unexplained_minor=clearing - explained,
                fees_booked_minor=sum(books[(account, currency)] for account in FEE_ACCOUNTS),
                fees_expected_minor=expense[currency],
            )
        )
    return found


def judge(totals: Iterable[RunTotal], held_short: Mapping[str, int]) -> list[Finding]:
    """Return what the sums themselves give away; `held_short` is how much the gateway's balance lacks."""
    found = []
    for one in totals:
        ours, theirs = one.ledger_minor, one.ledger_minor - one.unexplained_minor
        found.append(_finding(BreakClass.CLEARING_DIFFERS, "clearing", one.currency, ours, theirs))
        found.append(
            _finding(BreakClass.FEE_DIFFERS, "fees", one.currency, one.fees_booked_minor, one.fees_expected_minor)
        )
        if one.balance_minor is not None:
            found.append(
                _finding(BreakClass.CLEARING_DIFFERS, "mirror", one.currency, one.gateway_minor, one.balance_minor)
            )
    found += [_finding(BreakClass.HELD_PAID_OUT, "held", currency, 0, -short) for currency, short in held_short.items()]
    return [finding for finding in found if finding.difference_minor]


def held_short() -> Sums:
    """Return how much of the money held for stays lies at our bank instead of at the gateway, by currency."""
    books = _books(None)
    short: Sums = {}
    for _, currency in list(books):
        missing = sum(books[(kind, currency)] for kind in HELD) - books[("stripe_clearing", currency)]
        short[currency] = max(0, min(missing, books[("bank", currency)]))
    return short


def mirror_references(totals: Iterable[RunTotal]) -> set[str]:
    """Name the findings that a run cannot judge without the gateway's own balance."""
    return {f"{Kind.BALANCE}:mirror:{one.currency}" for one in totals if one.balance_minor is None}


def _books(until: datetime | None) -> dict[tuple[str, str], int]:
    books: dict[tuple[str, str], int] = defaultdict(int)
    for row in ledger.trial_balance(until):
        books[(row.kind, row.currency)] = row.balance.amount_minor
    return books


def _up_to(rows: QuerySet[GatewayEntry] | QuerySet[BookedMovement], field: str, until: datetime | None):  # type: ignore[no-untyped-def]  # two tables, one filter
    return rows.filter(**{f"{field}__lte": until}) if until else rows


def _sums(rows: QuerySet[GatewayEntry] | QuerySet[BookedMovement], field: str) -> Sums:
    found = rows.values_list("currency").annotate(total=Sum(field)).order_by()
    return defaultdict(int, {currency: int(total) for currency, total in found})


def _differences(differences: Iterable[Difference]) -> Sums:
    sums: Sums = defaultdict(int)
    for one in differences:
        sums[one.currency] += one.minor
    return sums


def _finding(break_class: BreakClass, name: str, currency: str, ours: int, theirs: int) -> Finding:
    return Finding(break_class, Kind.BALANCE, name, currency, ours, theirs, ours - theirs)
