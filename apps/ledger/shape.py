"""What only the owner of the tables can do to them, and no trigger of ours can refuse: it is found instead.

A table that inherits from `ledger_entry` adds rows to every sum that no guard has seen; a rule drops
writes; row security hides rows; a further trigger changes them; without its constraint a column takes anything.
"""

from django.db import connection

TABLES = (
    "ledger_account",
    "ledger_journal",
    "ledger_entry",
    "ledger_balance",
    "ledger_cut",
    "ledger_day_total",
    "ledger_kind_total",
)
CONSTRAINTS = (
    "ledger_account_guarded_by_kind",
    "ledger_account_iso_currency",
    "ledger_account_of_the_chart",
    "ledger_account_once",
    "ledger_account_side_by_kind",
    "ledger_balance_account_same_currency",
    "ledger_balance_not_negative",
    "ledger_entry_account_same_currency",
    "ledger_entry_journal_same_currency",
    "ledger_entry_moves_money",
    "ledger_entry_once_an_account",
    "ledger_entry_within_reason",
    "ledger_journal_idempotency_key_key",
    "ledger_journal_in_this_century",
    "ledger_journal_named",
    "ledger_journal_reverses_same_currency",
)
_STRANGE = """
WITH ours AS (SELECT oid, relname FROM pg_class WHERE oid = ANY (%(tables)s::regclass[]))
SELECT 1, format('%%s inherits from %%s and counts in its sums', i.inhrelid::regclass, relname)
FROM pg_inherits i JOIN ours ON ours.oid = i.inhparent
UNION ALL
SELECT 2, format('rule %%s stands on %%s', rulename, relname) FROM pg_rewrite JOIN ours ON ours.oid = ev_class
UNION ALL
SELECT 3, format('row security is on for %%s', relname)
FROM ours JOIN pg_class c USING (oid, relname) WHERE c.relrowsecurity OR c.relforcerowsecurity
UNION ALL
SELECT 4, format('trigger %%s on %%s is none of ours', tgname, relname)
FROM pg_trigger JOIN ours ON ours.oid = tgrelid WHERE NOT tgisinternal AND tgname <> ALL (%(guards)s)
UNION ALL
SELECT 5, format('constraint %%s is missing or not validated', name)
FROM unnest(%(constraints)s::text[]) AS name
WHERE NOT EXISTS (SELECT FROM pg_constraint JOIN ours ON ours.oid = conrelid WHERE conname = name AND convalidated)
ORDER BY 1, 2
"""


def problems(guards: tuple[str, ...]) -> list[str]:
    """Return what stands on the tables that is not ours, and what of ours is gone; reads the catalogue alone."""
    bounds = {"tables": list(TABLES), "guards": list(guards), "constraints": list(CONSTRAINTS)}
    with connection.cursor() as cursor:
        cursor.execute(_STRANGE, bounds)
        return [sentence for _, sentence in cursor.fetchall()]
