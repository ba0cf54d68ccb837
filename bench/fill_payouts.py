"""Stays that are over and paid for, in bulk: what a payout run finds on the morning after.

Every stay has its quote, booking, payment with its finished charge, hold, funding and journal of the
capture, so that tables and indexes are as large as they would be and the books balance. Written like
`fill.py`: by the owner of the tables with the guards off, which no service of the product can do.
"""

# ruff: noqa: S608 - the statements are put together from constants of this module

from collections.abc import Sequence
from typing import Any

import psycopg

STAY, FEE = 10_000, 1_000
_GUARDED = ("ledger_journal", "ledger_entry", "ledger_account", "ledger_balance")
_N = "generate_series(1, %(many)s) AS n"


def _key(what: str) -> str:
    return f"md5('{what}-' || n)::uuid"


_PRICED = f"""'boarding', date '2026-01-01', date '2026-01-03', 'UTC', 1, 'USD', {STAY}, {FEE}, {STAY * 15 // 100},
    10, 15, 'moderate'"""
_TERMS = """service, start_date, end_date, timezone, pet_count, currency, subtotal_minor, owner_fee_minor,
    sitter_fee_minor, owner_fee_pct, sitter_fee_pct, cancellation_policy"""
_SITTER = "(%(sitters)s::bigint[])[1 + n %% array_length(%(sitters)s::bigint[], 1)]"
_PAYEE = "(%(users)s::bigint[])[1 + n %% array_length(%(users)s::bigint[], 1)]"
_BOOKED = "now() - interval '9 days' + interval '1 second' * n"
_DUE = "now() - interval '1 day' + interval '1 millisecond' * n"
_STATEMENTS = (
    f"""INSERT INTO booking_quote (public_id, {_TERMS}, owner_id, sitter_id, lines, surge, created_at, expires_at)
    SELECT {_key("quote")}, {_PRICED}, %(owner)s, {_SITTER}, '[]', '{{}}', {_BOOKED}, {_BOOKED} FROM {_N}""",
    f"""INSERT INTO bookings (public_id, {_TERMS}, reference, owner_id, sitter_id, quote_id, status, escrow_status,
        scheduled_start_at, scheduled_end_at, message, start_pin, pin_failures, created_at, hold_expires_at,
        completed_at)
    SELECT {_key("booking")}, {_PRICED}, 'PW-' || n, %(owner)s, {_SITTER}, quote.id, 'completed', 'release_due',
        {_BOOKED}, {_DUE}, '', %(pin)s, 0, {_BOOKED}, {_BOOKED}, {_DUE}
    FROM {_N} JOIN booking_quote quote ON quote.public_id = {_key("quote")}""",
    f"""INSERT INTO payments_payment (public_id, purpose, subject, amount_minor, currency, provider_id, failure_code,
        failure_message, created_at, status, payment_method, transfer_group, metadata, charge_id, card_fingerprint)
    SELECT {_key("payment")}, 'escrow_deposit', {_key("hold")}, {STAY + FEE}, 'USD', 'pi_fill_' || n, '', '',
        {_BOOKED}, 'succeeded', 'pm_card_visa', {_key("booking")}, '{{}}', 'ch_fill_' || n, '' FROM {_N}""",
    f"""INSERT INTO payments_operation (public_id, kind, payment_id, status, generation, attempts, next_attempt_at,
        sent_at, finished_at, last_error, created_at)
    SELECT gen_random_uuid(), 'charge', payment.id, 'succeeded', 1, 1, {_BOOKED}, {_BOOKED}, {_BOOKED}, '', {_BOOKED}
    FROM {_N} JOIN payments_payment payment ON payment.public_id = {_key("payment")}""",
    f"""INSERT INTO escrow_hold (public_id, booking_id, payee_user_id, state, resume_state, currency, stay_minor,
        owner_fee_minor, stay_refunded_minor, owner_fee_refunded_minor, stay_left_minor, owner_fee_left_minor,
        sitter_fee_pct, release_due_at, next_attempt_at, last_problem, opened_at)
    SELECT {_key("hold")}, {_key("booking")}, {_PAYEE}, 'release_due', '', 'USD', {STAY}, {FEE}, 0, 0, {STAY}, {FEE},
        15, {_DUE}, {_DUE}, '', {_BOOKED} FROM {_N}""",
    f"""INSERT INTO escrow_funding (hold_id, change_id, payment_id, payment_method, stay_minor, owner_fee_minor,
        stay_left_minor, owner_fee_left_minor, captured_at, surplus, created_at)
    SELECT hold.id, '', {_key("payment")}, 'pm_card_visa', {STAY}, {FEE}, {STAY}, {FEE}, {_BOOKED}, false, {_BOOKED}
    FROM {_N} JOIN escrow_hold hold ON hold.public_id = {_key("hold")}""",
    f"""INSERT INTO ledger_account (kind, owner, currency, side, guarded, opened_at)
    SELECT 'stripe_clearing', '', 'USD', 1, false, now()
    UNION ALL SELECT kind, {_key("booking")}::text, 'USD', -1, true, now()
    FROM {_N}, (VALUES ('escrow'), ('owner_fee_deferred')) AS held (kind) ON CONFLICT DO NOTHING""",
    f"""INSERT INTO ledger_journal
        (public_id, idempotency_key, kind, currency, effective_at, recorded_at, created_xid)
    SELECT gen_random_uuid(), 'escrow-capture:' || {_key("payment")}, 'escrow.capture', 'USD', {_BOOKED}, {_BOOKED}, 3
    FROM {_N}""",
    f"""INSERT INTO ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
    SELECT journal.id, account.id, 'USD', leg.amount, journal.effective_at
    FROM {_N} JOIN ledger_journal journal ON journal.idempotency_key = 'escrow-capture:' || {_key("payment")}
    CROSS JOIN LATERAL (VALUES ('stripe_clearing', '', {STAY + FEE}), ('escrow', {_key("booking")}::text, -{STAY}),
        ('owner_fee_deferred', {_key("booking")}::text, -{FEE})) AS leg (kind, owner, amount)
    JOIN ledger_account account ON account.kind = leg.kind AND account.owner = leg.owner AND account.currency = 'USD'
    """,
    f"""INSERT INTO ledger_balance (account_id, currency, balance_minor)
    SELECT account.id, 'USD', held.amount
    FROM {_N}, (VALUES ('escrow', {STAY}), ('owner_fee_deferred', {FEE})) AS held (kind, amount), ledger_account account
    WHERE account.kind = held.kind AND account.owner = {_key("booking")}::text AND account.currency = 'USD'""",
)


def due_payouts(address: str, many: int, *, owner: Any, sitters: Sequence[Any]) -> None:
    """Write that many stays whose money is due, in turn to the sitters; `address` is the tables' owner's."""
    from apps.common.crypto import encrypt

    values = {
        "many": many,
        "owner": owner.pk,
        "sitters": [sitter.pk for sitter in sitters],
        "users": [sitter.user_id for sitter in sitters],
        "pin": encrypt("123456"),
    }
    with psycopg.connect(address) as connection:
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in _STATEMENTS:
            connection.execute(statement, values)
        for table in _GUARDED:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
