"""The audit of the whole ledger: what the database promises, computed again from the entries."""

from django.db import connection

from apps.ledger import shape

SHOWN = 20
GUARDS = (
    "ledger_stamp",
    "ledger_seal",
    "ledger_journal_balanced",
    "ledger_entry_balanced",
    "ledger_open_balance",
    "ledger_move_balance",
    "ledger_guard_balance",
    "ledger_guard_balance_truncate",
    "ledger_decide_cut",
    "ledger_total_days",
    "ledger_guard_day_total",
    "ledger_guard_kind_total",
    *(
        f"{table}_{guard}"
        for table in shape.TABLES
        if table != "ledger_balance"  # it moves, and has a guard of its own
        for guard in ("append_only", "no_truncate")
    ),
)

_UNBALANCED = """
SELECT j.idempotency_key, coalesce(e.total, 0), e.total IS NULL
FROM ledger_journal j
LEFT JOIN (SELECT journal_id, sum(amount_minor) AS total FROM ledger_entry GROUP BY 1) e
    ON e.journal_id = j.id
WHERE e.total IS DISTINCT FROM 0 ORDER BY j.id LIMIT %s
"""
_GUARDED = """
SELECT a.kind, a.owner, a.currency, coalesce(b.balance_minor, 0), coalesce(e.total, 0) * a.side
FROM ledger_account a
LEFT JOIN ledger_balance b ON b.account_id = a.id
LEFT JOIN (SELECT account_id, sum(amount_minor) AS total FROM ledger_entry GROUP BY 1) e
    ON e.account_id = a.id
WHERE a.guarded AND (b.account_id IS NULL OR b.balance_minor <> coalesce(e.total, 0) * a.side)
ORDER BY a.id LIMIT %s
"""
_DAYS = """
WITH summed AS (
    SELECT e.account_id, (e.effective_at AT TIME ZONE 'UTC')::date AS day, sum(e.amount_minor) AS total
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id AND a.owner = ''
    WHERE e.id <= (SELECT coalesce(max(up_to_entry), 0) FROM ledger_cut)
    GROUP BY 1, 2
), kept AS (
    SELECT account_id, day, sum(total_minor) AS total FROM ledger_day_total GROUP BY 1, 2
)
SELECT a.kind, a.currency, day, coalesce(kept.total, 0), coalesce(summed.total, 0)
FROM summed FULL JOIN kept USING (account_id, day) JOIN ledger_account a ON a.id = account_id
WHERE coalesce(kept.total, 0) <> coalesce(summed.total, 0)
ORDER BY a.id, day LIMIT %s
"""
_KINDS = """
WITH summed AS (
    SELECT a.kind, a.currency, (e.effective_at AT TIME ZONE 'UTC')::date AS day, sum(e.amount_minor) AS total
    FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id AND a.owner <> ''
    WHERE e.id <= (SELECT coalesce(max(up_to_entry), 0) FROM ledger_cut)
    GROUP BY 1, 2, 3
), kept AS (
    SELECT kind, currency, day, sum(total_minor) AS total FROM ledger_kind_total GROUP BY 1, 2, 3
)
SELECT kind, currency, day, coalesce(kept.total, 0), coalesce(summed.total, 0)
FROM summed FULL JOIN kept USING (kind, currency, day)
WHERE coalesce(kept.total, 0) <> coalesce(summed.total, 0)
ORDER BY kind, currency, day LIMIT %s
"""
_ENABLED = """
SELECT tgname FROM pg_trigger
WHERE tgname = ANY(%s) AND tgenabled <> 'D' AND tgrelid = ANY (%s::regclass[])
"""


def problems() -> list[str]:
    """Return what is wrong: in journals, guarded balances, totals, guards, tables; full scans, few of them."""
    return [*_journals(), *_balances(), *_totals(), *_guards(), *shape.problems(GUARDS)]


def counted() -> tuple[int, int]:
    """Return how many journals and entries there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM ledger_journal), (SELECT count(*) FROM ledger_entry)")
        journals, entries = cursor.fetchone()
    return int(journals), int(entries)


def accounts() -> dict[tuple[str, str], int]:
    """Return how many accounts of each kind are open in each currency."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, currency, count(*) FROM ledger_account GROUP BY 1, 2")
        return {(kind, currency): int(count) for kind, currency, count in cursor.fetchall()}


def _journals() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_UNBALANCED, [SHOWN])
        return [
            f"journal {key} has no entries" if empty else f"journal {key} is out of balance by {total} minor units"
            for key, total, empty in cursor.fetchall()
        ]


def _balances() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_GUARDED, [SHOWN])
        return [
            f"balance of {kind}:{owner} says {kept} {currency} minor units, its entries {summed}"
            for kind, owner, currency, kept, summed in cursor.fetchall()
        ]


def _totals() -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for totals in (_DAYS, _KINDS):
            cursor.execute(totals, [SHOWN])
            found += cursor.fetchall()
    return [
        f"day {day} of {kind} says {kept} {currency} minor units, its entries {summed}"
        for kind, currency, day, kept, summed in found
    ]


def _guards() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_ENABLED, [list(GUARDS), list(shape.TABLES)])
        enabled = {name for (name,) in cursor.fetchall()}
    return [f"guard {name} is missing or disabled" for name in GUARDS if name not in enabled]
