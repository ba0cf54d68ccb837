"""Reads of the ledger: balances as of any instant, journals, the trial balance, the check.

A balance is positive on its kind's natural side: money at the gateway (a debit) and money held in
escrow (a credit) are both positive. `Leg.amount` alone is signed, debit positive.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import F, Q, Sum

from apps.common.money import Money
from apps.ledger import balances, checks
from apps.ledger.chart import kind_of
from apps.ledger.models import Account, Entry, Journal
from apps.ledger.types import AccountRef, CheckReport, JournalView, Leg, TrialBalanceRow


def balance(account: AccountRef, currency: str, as_of: datetime | None = None) -> Money:
    """Return the account's natural balance, up to and including the business instant `as_of`.

    An account that was never used has a balance of zero.
    """
    total = balances.signed(account.kind, account.owner, currency, as_of)
    return Money(kind_of(account.kind).side * total, currency)


def trial_balance(as_of: datetime | None = None) -> tuple[TrialBalanceRow, ...]:
    """Return the natural balance of each kind of account in each currency that was used by then.

    Reads totals of days and what they do not cover yet, not every entry.
    """
    return tuple(
        TrialBalanceRow(kind=kind, currency=currency, balance=Money(kind_of(kind).side * total, currency))
        for kind, currency, total in balances.by_kind(as_of)
    )


def check() -> CheckReport:
    """Audit the books: every journal, every guarded balance, the guards, and that rounding is zero."""
    rows = trial_balance()
    problems = checks.problems()
    problems += [
        f"rounding holds {row.balance}; it must stay zero"
        for row in rows
        if row.kind == "rounding" and row.balance.amount_minor
    ]
    journals, entries = checks.counted()
    return CheckReport(
        journals=journals, entries=entries, accounts=checks.accounts(), rows=rows, problems=tuple(problems)
    )


def journal_by_key(key: str) -> JournalView | None:
    """Return the journal posted under the key, if there is one."""
    return next(iter(_views(Journal.objects.filter(idempotency_key=key))), None)


def debited(kind: str, keys: Collection[str]) -> dict[str, Money]:
    """Return what the journals under these keys debited to accounts of a kind, by key, in one query."""
    legs = Entry.objects.filter(journal__idempotency_key__in=keys, account__kind=kind)
    sums = legs.values_list("journal__idempotency_key", "currency").annotate(total=Sum("amount_minor"))
    return {key: Money(int(total), currency) for key, currency, total in sums.order_by()}


def journals_of(account: AccountRef) -> list[JournalView]:
    """Return the journals that touch an owned account, oldest first."""
    touched = Account.objects.filter(kind=account.kind, owner=account.owner)
    return _views(Journal.objects.filter(entry__account__in=touched).distinct().order_by("id"))


def journals_under(keys: Collection[str]) -> list[JournalView]:
    """Return the journals under these keys, and under keys that go on after one with a colon; oldest first."""
    under = Q(idempotency_key__in=keys)
    for key in keys:
        under |= Q(idempotency_key__startswith=f"{key}:")
    return _views(Journal.objects.filter(under).order_by("id")) if keys else []


def _views(journals: Iterable[Journal]) -> list[JournalView]:
    found = list(journals)
    legs: dict[int, list[Leg]] = {journal.pk: [] for journal in found}
    rows = (
        Entry.objects.filter(journal__in=legs)
        .annotate(kind=F("account__kind"), owner=F("account__owner"))
        .order_by("kind", "owner")
    )
    for row in rows:
        ref = AccountRef(row.kind, row.owner)
        legs[row.journal_id].append(Leg(ref, Money(row.amount_minor, row.currency)))
    reversed_ids = [journal.reverses_id for journal in found if journal.reverses_id]
    public = dict(Journal.objects.filter(pk__in=reversed_ids).values_list("pk", "public_id"))
    return [
        JournalView(
            id=str(journal.public_id),
            key=journal.idempotency_key,
            kind=journal.kind,
            currency=journal.currency,
            effective_at=journal.effective_at,
            legs=tuple(sorted(legs[journal.pk], key=lambda leg: leg.account)),
            reverses=str(public[journal.reverses_id]) if journal.reverses_id else None,
        )
        for journal in found
    ]
