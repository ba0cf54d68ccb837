"""A ledger filled in bulk, for figures that need a large one.

The rows are written by the owner of the tables with the guards off for that one transaction, which
only an owner can do and which no service of the product does; balances are computed from the same
amounts. `check_ledger` then has to find nothing, which is part of what is measured.
"""

import psycopg

from bench.database import Addresses

GUARDED = ("ledger_journal", "ledger_entry", "ledger_account", "ledger_balance")
_ACCOUNTS = """
INSERT INTO ledger_account (kind, owner, currency, side, guarded, opened_at)
SELECT kind, '', 'USD', side, false, now()
FROM (VALUES ('stripe_clearing', 1), ('transfer_in_flight', -1)) AS common (kind, side)
UNION ALL
SELECT kind, 'fill-' || n, 'USD', -1, true, now()
FROM generate_series(1, greatest(%(journals)s / 10, 1)) AS n,
    (VALUES ('escrow'), ('owner_fee_deferred')) AS held (kind)
ON CONFLICT DO NOTHING
"""
# Ten captures of three legs for each of the bookings, spread over three years.
_JOURNALS = """
INSERT INTO ledger_journal
    (public_id, idempotency_key, kind, currency, effective_at, recorded_at, created_xid)
SELECT gen_random_uuid(), 'fill-' || n, 'escrow.capture', 'USD', at, at, 3
FROM (SELECT n, timestamptz '2024-01-01 UTC' + interval '1 second' * (94608000.0 * n / %(journals)s) AS at
      FROM generate_series(1, %(journals)s) AS n) AS numbered
"""
_ENTRIES = """
INSERT INTO ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
SELECT j.id, a.id, 'USD', leg.amount, j.effective_at
FROM (SELECT id, effective_at, substr(idempotency_key, 6)::bigint AS n FROM ledger_journal
      WHERE idempotency_key LIKE 'fill-%%') AS j
CROSS JOIN LATERAL (VALUES
    ('stripe_clearing', '', 1100 + j.n %% 97),
    ('escrow', 'fill-' || (1 + (j.n - 1) / 10), -1000 - j.n %% 97),
    ('owner_fee_deferred', 'fill-' || (1 + (j.n - 1) / 10), -100)) AS leg (kind, owner, amount)
JOIN ledger_account a ON a.kind = leg.kind AND a.owner = leg.owner AND a.currency = 'USD'
"""
_BALANCES = """
INSERT INTO ledger_balance (account_id, currency, balance_minor)
SELECT a.id, 'USD', -sum(e.amount_minor) FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id
WHERE a.guarded AND a.owner LIKE 'fill-%%' GROUP BY a.id
"""


def ledger(addresses: Addresses, journals: int) -> None:
    """Write that many journals of three legs: a third of all entries on one account."""
    with psycopg.connect(addresses.owner) as owner:
        for table in GUARDED:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in (_ACCOUNTS, _JOURNALS, _ENTRIES, _BALANCES):
            owner.execute(statement, {"journals": max(journals, 10)})
        for table in GUARDED:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
