"""Attacks by raw SQL. Each is refused by PostgreSQL itself, for the application and for the owner."""

import psycopg
import pytest

JOURNAL = """
INSERT INTO ledger_journal (public_id, idempotency_key, kind, currency, effective_at)
VALUES (gen_random_uuid(), 'attack', 'attack', 'USD', now());
"""
ENTRY = """
INSERT INTO ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
SELECT j.id, a.id, '{currency}', {amount}, now() FROM ledger_journal j, ledger_account a
WHERE j.idempotency_key = '{journal}' AND a.kind = '{kind}';
"""


def entry(kind: str, amount: int, journal: str = "attack", currency: str = "USD") -> str:
    """Return SQL that adds one entry."""
    return ENTRY.format(kind=kind, amount=amount, journal=journal, currency=currency)


BALANCED = JOURNAL + entry("stripe_clearing", 5) + entry("escrow", -5)
ACCOUNT = """
INSERT INTO ledger_account (kind, owner, currency, side, guarded, opened_at)
VALUES ('{kind}', '{owner}', '{currency}', {side}, {guarded}, now());
"""
BY_STEALTH = """
CREATE TEMPORARY TABLE lever (n int);
CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN UPDATE public.ledger_balance SET balance_minor = 999999; RETURN NULL; END';
CREATE TRIGGER pull AFTER INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull();
INSERT INTO lever VALUES (1);
"""
SHADOW = """
CREATE TEMPORARY TABLE ledger_entry (journal_id bigint, amount_minor bigint);
INSERT INTO ledger_entry SELECT generate_series(1, 100), 0;
"""
SHADOWED = SHADOW + JOURNAL + entry("stripe_clearing", 7).replace("INTO ledger", "INTO public.ledger")
REFUSED = {
    "one-sided journal": (JOURNAL + entry("stripe_clearing", 5), "out of balance"),
    "journal without entries": (JOURNAL, "has no entries"),
    "unbalanced after an early check": (
        BALANCED + "SET CONSTRAINTS ALL IMMEDIATE;" + entry("owner_fee_deferred", -1),
        "out of balance",
    ),
    "second journal under one key": (JOURNAL.replace("'attack', 'a", "'capture-1', 'a"), "idempotency_key"),
    "balanced entries for an old journal": (
        entry("stripe_clearing", 5, "capture-1") + entry("escrow", -5, "capture-1"),
        "ledger_entry_once_an_account|is sealed",
    ),
    "entry of another currency": (
        JOURNAL + entry("stripe_clearing", 5, currency="EUR"),
        "ledger_entry_(journal|account)_same_currency",
    ),
    "journal of another currency": (
        JOURNAL.replace("'USD'", "'EUR'") + entry("stripe_clearing", 5),
        "ledger_entry_journal_same_currency",
    ),
    "reversal in another currency": (
        """INSERT INTO ledger_journal (public_id, idempotency_key, kind, currency, effective_at, reverses_id)
        SELECT gen_random_uuid(), 'attack', 'a', 'EUR', now(), id FROM ledger_journal;""",
        "ledger_journal_reverses_same_currency",
    ),
    "more out of escrow than is in it": (
        JOURNAL + entry("escrow", 10_001) + entry("stripe_clearing", -10_001),
        "ledger_balance_not_negative",
    ),
    "more of a sitter's debt settled than is owed": (
        ACCOUNT.format(kind="sitter_receivable", owner="sitter-1", currency="USD", side=1, guarded=True)
        + JOURNAL
        + entry("stripe_clearing", 1)
        + entry("sitter_receivable", -1),
        "ledger_balance_not_negative",
    ),
    "a sitter's debt without its guard": (
        ACCOUNT.format(kind="sitter_receivable", owner="sitter-1", currency="USD", side=1, guarded=False),
        "ledger_account_guarded_by_kind",
    ),
    "entry of nothing": (JOURNAL + entry("escrow", 0), "ledger_entry_moves_money"),
    "entry without a journal": (
        """INSERT INTO ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
        SELECT 999999, id, 'USD', 1, now() FROM ledger_account;""",
        "does not exist",
    ),
    "forged seal": (
        JOURNAL.replace("effective_at)", "effective_at, created_xid, recorded_at)").replace(
            "now());", "now(), 1, now());"
        ),
        "has no entries",
    ),
    "account outside the chart": (
        ACCOUNT.format(kind="petty_cash", owner="", currency="USD", side=1, guarded=False),
        "ledger_account_of_the_chart",
    ),
    "escrow without its guard": (
        ACCOUNT.format(kind="escrow", owner="b2", currency="USD", side=-1, guarded=False),
        "ledger_account_guarded_by_kind",
    ),
    "escrow on the wrong side": (
        ACCOUNT.format(kind="escrow", owner="b2", currency="USD", side=1, guarded=True),
        "ledger_account_side_by_kind",
    ),
    "escrow of nobody": (
        ACCOUNT.format(kind="escrow", owner="", currency="USD", side=-1, guarded=True),
        "ledger_account_of_the_chart",
    ),
    "a currency of its own": (
        ACCOUNT.format(kind="bank", owner="", currency="usd", side=1, guarded=False),
        "ledger_account_iso_currency",
    ),
    "edited entry": ("UPDATE ledger_entry SET amount_minor = amount_minor * 2;", "append-only"),
    "deleted entry": ("DELETE FROM ledger_entry;", "append-only"),
    "edited journal": ("UPDATE ledger_journal SET effective_at = now();", "append-only"),
    "resealed journal": ("UPDATE ledger_journal SET created_xid = 1;", "append-only"),
    "deleted journal": ("DELETE FROM ledger_journal;", "append-only"),
    "edited account": ("UPDATE ledger_account SET guarded = false;", "append-only"),
    "deleted account": ("DELETE FROM ledger_account;", "append-only"),
    "edited balance": ("UPDATE ledger_balance SET balance_minor = 999999;", "follows the entries"),
    "deleted balance": ("DELETE FROM ledger_balance;", "follows the entries"),
    "invented balance": (
        "INSERT INTO ledger_balance SELECT id, currency, 999999 FROM ledger_account WHERE NOT guarded;",
        "follows the entries",
    ),
}
TRUNCATED = ["ledger_entry", "ledger_journal", "ledger_account", "ledger_balance"]


@pytest.mark.parametrize(("attack", "refusal"), REFUSED.values(), ids=REFUSED)
def test_the_database_refuses(intruder: psycopg.Connection, attack: str, refusal: str) -> None:
    before = books(intruder)

    with pytest.raises(psycopg.Error, match=refusal):
        run(intruder, attack)

    intruder.rollback()
    assert books(intruder) == before


@pytest.mark.parametrize("table", TRUNCATED)
def test_tables_are_not_truncated(intruder: psycopg.Connection, table: str) -> None:
    with pytest.raises(psycopg.Error, match=r"append-only|follows the entries|permission denied"):
        run(intruder, f"TRUNCATE {table} CASCADE;")

    intruder.rollback()
    assert books(intruder)["entries"] == 3


def test_a_temporary_table_of_the_same_name_is_not_believed(intruder: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="out of balance"):
        run(intruder, SHADOWED)


def test_an_old_journal_takes_no_entry_on_an_account_it_has_not_touched(intruder: psycopg.Connection) -> None:
    bank = ACCOUNT.format(kind="bank", owner="", currency="USD", side=1, guarded=False)

    with pytest.raises(psycopg.Error, match="is sealed"):
        run(intruder, bank + entry("bank", 5, "capture-1"))


@pytest.mark.parametrize("intruder", ["application"], indirect=True)
def test_the_application_cannot_write_a_balance_through_a_trigger_of_its_own(intruder: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match="follows the entries"):
        run(intruder, BY_STEALTH)


@pytest.mark.parametrize("intruder", ["application"], indirect=True)
@pytest.mark.parametrize(
    "attack",
    [
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL;",
        "DROP TRIGGER ledger_seal ON ledger_entry;",
        "ALTER TABLE ledger_balance DROP CONSTRAINT ledger_balance_not_negative;",
        "CREATE OR REPLACE FUNCTION ledger_require_balance() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';",
        "SET session_replication_role = replica;",
        "DROP TABLE ledger_entry CASCADE;",
        "SET ROLE petwash_owner;",
    ],
)
def test_the_application_cannot_take_the_guards_away(intruder: psycopg.Connection, attack: str) -> None:
    with pytest.raises(psycopg.Error, match=r"must be owner|permission denied|does not exist"):
        run(intruder, attack)


def test_what_is_in_order_is_accepted(intruder: psycopg.Connection) -> None:
    run(intruder, BALANCED)

    assert books(intruder)["held"] == 10_005


def run(connection: psycopg.Connection, sql: str) -> None:
    """Run several statements and commit, so that deferred checks have their say."""
    for statement in sql.split(";\n") if "CREATE FUNCTION" in sql else [sql]:
        if statement.strip():
            connection.execute(statement)
    connection.commit()


def books(connection: psycopg.Connection) -> dict[str, int]:
    """Return what an attack might have changed."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM ledger_journal), (SELECT count(*) FROM ledger_entry), "
        "(SELECT sum(abs(amount_minor)) FROM ledger_entry), (SELECT count(*) FROM ledger_account), "
        "(SELECT sum(balance_minor) FROM ledger_balance WHERE account_id IN "
        "(SELECT id FROM ledger_account WHERE kind = 'escrow'))"
    ).fetchone()
    connection.rollback()
    assert row is not None
    return dict(zip(["journals", "entries", "moved", "accounts", "held"], map(int, row), strict=True))
