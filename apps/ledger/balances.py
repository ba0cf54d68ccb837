"""Balances as of an instant, of one account and of all by kind, without adding up from the first entry.

A guarded account's present balance stands in its row. Accounts of the whole company, and each kind that
bookings or sitters own, have totals of days up to the last cut; to these come the entries of the asked day,
and those written after the cut, which may lie in any day. One owned account has a handful of entries,
which are added up.
"""

from datetime import UTC, datetime, time
from typing import Any

from django.db import connection
from django.db.models import Sum

from apps.ledger.chart import kind_of
from apps.ledger.models import Balance, Cut, Entry

# One statement and so one view of the books: a cut and its totals are there together or not at all. No entry comes
# after the last; said so, the planner expects few after the cut, and goes to them by their number.
_FROM_DAYS = """
WITH account AS (
    SELECT id FROM ledger_account WHERE kind = %(kind)s AND owner = '' AND currency = %(currency)s
), cut AS (
    SELECT max(up_to_entry) AS up_to FROM ledger_cut
), later AS MATERIALIZED (
    SELECT account_id, amount_minor, effective_at FROM ledger_entry
    WHERE id > (SELECT up_to FROM cut) AND id <= (SELECT max(id) FROM ledger_entry)
)
SELECT
    (SELECT up_to FROM cut),
    coalesce((SELECT sum(total_minor) FROM ledger_day_total
              WHERE account_id = (SELECT id FROM account) AND (%(day)s::date IS NULL OR day < %(day)s)), 0)
  + coalesce((SELECT sum(amount_minor) FROM ledger_entry
              WHERE account_id = (SELECT id FROM account)
                AND effective_at >= %(morning)s AND effective_at <= %(as_of)s AND id <= (SELECT up_to FROM cut)), 0)
  + coalesce((SELECT sum(amount_minor) FROM later
              WHERE account_id = (SELECT id FROM account)
                AND (%(as_of)s::timestamptz IS NULL OR effective_at <= %(as_of)s)), 0)
"""
# The cut's number is given as a constant, so that the planner sees how few entries come after it.
_KINDS = """
WITH counted AS (
    SELECT a.kind, a.currency, t.total_minor AS total
    FROM ledger_day_total t JOIN ledger_account a ON a.id = t.account_id
    WHERE t.cut_id <= %(cut)s AND (%(day)s::date IS NULL OR t.day < %(day)s)
    UNION ALL
    SELECT kind, currency, total_minor FROM ledger_kind_total
    WHERE cut_id <= %(cut)s AND (%(day)s::date IS NULL OR day < %(day)s)
    UNION ALL
    SELECT a.kind, a.currency, e.amount_minor
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
    WHERE e.effective_at >= %(morning)s AND e.effective_at <= %(as_of)s AND e.id <= %(up_to)s
    UNION ALL
    SELECT a.kind, a.currency, e.amount_minor
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
    WHERE e.id > %(up_to)s AND (%(as_of)s::timestamptz IS NULL OR e.effective_at <= %(as_of)s)
)
SELECT kind, currency, sum(total) FROM counted GROUP BY 1, 2 ORDER BY 2, 1
"""


def signed(kind: str, owner: str, currency: str, as_of: datetime | None) -> int:
    """Return the sum of the account's entries up to and including `as_of`, debit positive, in minor units."""
    if kind_of(kind).guarded and as_of is None:
        held = Balance.objects.filter(account__kind=kind, account__owner=owner, account__currency=currency)
        return kind_of(kind).side * (held.values_list("balance_minor", flat=True).first() or 0)
    from_days = None if owner else _from_days(kind, currency, as_of)
    return _from_entries(kind, owner, currency, as_of) if from_days is None else from_days


def by_kind(as_of: datetime | None) -> list[tuple[str, str, int]]:
    """Return kind, currency and the sum of the entries up to and including `as_of`, debit positive, where any are."""
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, _bounds(_last_cut(), as_of))
        return [(kind, currency, int(total)) for kind, currency, total in cursor.fetchall()]


def _from_entries(kind: str, owner: str, currency: str, as_of: datetime | None) -> int:
    entries = Entry.objects.filter(account__kind=kind, account__owner=owner, account__currency=currency)
    if as_of is not None:
        entries = entries.filter(effective_at__lte=as_of)
    return int(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def _from_days(kind: str, currency: str, as_of: datetime | None) -> int | None:
    """Return the sum for an account of the company's, or nothing when there is no cut yet."""
    with connection.cursor() as cursor:
        cursor.execute(_FROM_DAYS, {"kind": kind, "currency": currency, **_instants(as_of)})
        up_to, total = cursor.fetchone()
    return None if up_to is None else int(total)


def _last_cut() -> Cut | None:
    return Cut.objects.order_by("-id").first()


def _bounds(cut: Cut | None, as_of: datetime | None) -> dict[str, Any]:
    """Return what the totals of days cover, and what is left to the entries; without a cut, all is left."""
    return {"cut": cut.pk if cut else 0, "up_to": cut.up_to_entry if cut else 0, **_instants(as_of)}


def _instants(as_of: datetime | None) -> dict[str, Any]:
    day = as_of.astimezone(UTC).date() if as_of else None
    return {"as_of": as_of, "day": day, "morning": datetime.combine(day, time.min, UTC) if day else None}
