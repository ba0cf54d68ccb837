"""Attacks that go round the plain INSERT: COPY, upserts, savepoints, two sessions, two phases, triggers."""

import os
from datetime import UTC, datetime

import psycopg
import pytest

from apps.ledger import selectors
from apps.ledger.tests.conftest import CLEARING, USD, usd
from apps.ledger.tests.test_attacks import BALANCED, JOURNAL, books, entry, run

LATE_ENTRY = entry("escrow", -5, "capture-1").strip().removesuffix(";")
ORPHAN = """
INSERT INTO ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)
SELECT currval('ledger_journal_id_seq'), id, 'USD', 5, now() FROM ledger_account;
"""
ONE_SIDED = JOURNAL + entry("stripe_clearing", 5)
INSERTS_FROM_A_TRIGGER = """
CREATE TEMPORARY TABLE lever (n int);
CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {}; RETURN NULL; END $$;
CREATE TRIGGER pull AFTER INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull();
INSERT INTO lever VALUES (1);
"""
REFUSED = {
    "upsert that edits a journal": (
        JOURNAL.replace("'attack', 'a", "'capture-1', 'a").replace(
            "now());", "now()) ON CONFLICT (idempotency_key) DO UPDATE SET kind = 'edited';"
        ),
        "append-only",
    ),
    "upsert that edits an account": (
        (
            "INSERT INTO ledger_account (kind, owner, currency, side, guarded, opened_at) VALUES"
            " ('escrow', 'booking-1', 'USD', -1, true, now())"
            " ON CONFLICT (kind, owner, currency) DO UPDATE SET guarded = false;"
        ),
        "append-only",
    ),
    "merge into a balance": (
        (
            "MERGE INTO ledger_balance b USING ledger_account a ON a.id = b.account_id"
            " WHEN MATCHED THEN UPDATE SET balance_minor = 999999;"
        ),
        "follows the entries",
    ),
    "upsert of a late entry": (LATE_ENTRY + " ON CONFLICT (journal_id, account_id) DO NOTHING;", "is sealed"),
    "entry out of balance after a rolled back one": (
        JOURNAL + entry("stripe_clearing", 5) + "SAVEPOINT a;" + entry("escrow", -5) + "ROLLBACK TO SAVEPOINT a;",
        "out of balance",
    ),
    "entry for a journal that was rolled back": (
        "SAVEPOINT a;" + BALANCED + "ROLLBACK TO SAVEPOINT a;" + ORPHAN,
        "does not exist",
    ),
    "prepared transaction out of balance": (ONE_SIDED + "PREPARE TRANSACTION 'attack';", "out of balance"),
    "amount that no sum could hold": (JOURNAL + entry("stripe_clearing", 10**15 + 1), "ledger_entry_within_reason"),
    "the smallest amount there is": (JOURNAL + entry("stripe_clearing", -(2**63)), "ledger_entry_within_reason"),
    "journal at the end of time": (JOURNAL.replace("now()", "'infinity'"), "ledger_journal_in_this_century"),
    "journal before all time": (JOURNAL.replace("now()", "'-infinity'"), "ledger_journal_in_this_century"),
    "journal in a far future": (JOURNAL.replace("now()", "'2100-01-01'"), "ledger_journal_in_this_century"),
    "total of a day": (
        (
            "INSERT INTO ledger_cut (up_to_entry, made_at) VALUES (1, now());"
            "INSERT INTO ledger_day_total (cut_id, account_id, day, total_minor, entries)"
            " SELECT c.id, a.id, '2026-01-01', 5, 1 FROM ledger_cut c, ledger_account a;"
        ),
        "follows the cuts",
    ),
    "total of a kind": (
        (
            "INSERT INTO ledger_cut (up_to_entry, made_at) VALUES (1, now());"
            "INSERT INTO ledger_kind_total (cut_id, kind, currency, day, total_minor, entries)"
            " SELECT c.id, 'escrow', 'USD', '2026-01-01', 5, 1 FROM ledger_cut c;"
        ),
        "follows the cuts",
    ),
    "edited day": (
        "INSERT INTO ledger_cut (up_to_entry, made_at) VALUES (1, now()); UPDATE ledger_day_total SET total_minor = 5;",
        "append-only",
    ),
    "deleted cut": (
        "INSERT INTO ledger_cut (up_to_entry, made_at) VALUES (1, now()); DELETE FROM ledger_cut;",
        "append-only",
    ),
    "the triggers called off for a session": ("SET session_replication_role = replica;", "permission denied"),
}
# Names and operators of the intruder's own, found before those of the system: nothing differs, all sums are zero.
OWN_WORDS = """
CREATE SCHEMA own;
CREATE FUNCTION own.no(bigint, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION own.no(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION own.no(numeric, integer) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION own.no(integer, integer) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR own.<> (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = own.no);
CREATE OPERATOR own.<> (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = own.no);
CREATE OPERATOR own.<> (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = own.no);
CREATE OPERATOR own.< (LEFTARG = integer, RIGHTARG = integer, FUNCTION = own.no);
CREATE FUNCTION own.pg_trigger_depth() RETURNS integer LANGUAGE sql AS 'SELECT 2';
CREATE AGGREGATE own.sum(bigint) (SFUNC = pg_catalog.int8mul, STYPE = bigint, INITCOND = '0');
CREATE DOMAIN own.text AS pg_catalog.text DEFAULT '0' CHECK (VALUE = '0');
SET search_path = own, pg_catalog, public;
"""
TAKEN_AWAY = [
    "ALTER TABLE ledger_entry ALTER COLUMN amount_minor TYPE numeric",
    "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_moves_money",
    "ALTER TABLE ledger_entry ATTACH PARTITION ledger_journal DEFAULT",
    "CREATE TEMPORARY TABLE more_entries () INHERITS (ledger_entry)",
    "CREATE RULE quietly AS ON INSERT TO ledger_entry DO INSTEAD NOTHING",
    (
        "CREATE TRIGGER quietly BEFORE INSERT ON ledger_entry FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "SELECT setval('ledger_entry_id_seq', 1)",
    "ALTER FUNCTION ledger_require_balance() RENAME TO nothing",
]


@pytest.mark.parametrize(("attack", "refusal"), REFUSED.values(), ids=REFUSED)
def test_the_database_refuses(intruder: psycopg.Connection, attack: str, refusal: str) -> None:
    before = books(intruder)

    with pytest.raises(psycopg.Error, match=refusal):
        run(intruder, attack)

    intruder.rollback()
    assert books(intruder) == before


@pytest.mark.parametrize("intruder", ["application"], indirect=True)
def test_the_application_cannot_reshape_the_tables(intruder: psycopg.Connection) -> None:
    for attack in TAKEN_AWAY:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            intruder.execute(attack)
        intruder.rollback()


@pytest.mark.parametrize("intruder", ["owner"], indirect=True)
@pytest.mark.parametrize(
    ("attack", "refusal"),
    [
        (ONE_SIDED, "out of balance"),
        (LATE_ENTRY, "is sealed|ledger_entry_once_an_account"),
        (JOURNAL + entry("escrow", 10_001) + entry("stripe_clearing", -10_001), "ledger_balance_not_negative"),
        ("UPDATE ledger_balance SET balance_minor = 999999;", "follows the entries"),
    ],
)
def test_a_search_path_of_the_intruders_own_changes_nothing(
    intruder: psycopg.Connection, attack: str, refusal: str
) -> None:
    intruder.execute(OWN_WORDS)

    with pytest.raises(psycopg.Error, match=refusal):
        run(intruder, attack)


@pytest.mark.parametrize(
    ("journal", "refusal"), [("attack", "out of balance"), ("capture-1", "is sealed|ledger_entry_once_an_account")]
)
def test_copy_meets_the_same_refusals(intruder: psycopg.Connection, journal: str, refusal: str) -> None:
    before = books(intruder)
    row = intruder.execute(
        "SELECT max(id), (SELECT id FROM ledger_account WHERE kind = 'stripe_clearing') FROM ledger_journal"
    ).fetchone()
    assert row is not None
    if journal == "attack":
        intruder.execute(JOURNAL)
        row = (row[0] + 1, row[1])

    with pytest.raises(psycopg.Error, match=refusal):
        copy_entry(intruder, row)

    intruder.rollback()
    assert books(intruder) == before


def copy_entry(connection: psycopg.Connection, row: tuple[int, int]) -> None:
    """Copy one entry in and commit."""
    columns = "journal_id, account_id, currency, amount_minor, effective_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY ledger_entry ({columns}) FROM STDIN") as copy:
        copy.write_row((*row, USD, 5, datetime.now(UTC)))
    connection.commit()


def test_an_entry_inserted_by_a_trigger_meets_the_seal(intruder: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match=r"is sealed|ledger_entry_once_an_account"):
        for statement in INSERTS_FROM_A_TRIGGER.format(LATE_ENTRY.replace("INTO ledger", "INTO public.ledger")).split(
            ";\n"
        ):
            if statement.strip():
                intruder.execute(statement)


def test_a_journal_of_one_session_takes_no_entry_of_another(intruder: psycopg.Connection) -> None:
    intruder.execute(JOURNAL)
    row = intruder.execute("SELECT id FROM ledger_journal WHERE idempotency_key = 'attack'").fetchone()
    assert row is not None
    with psycopg.connect(os.environ["DATABASE_URL"]) as other, pytest.raises(psycopg.Error, match="does not exist"):
        other.execute(
            "INSERT INTO ledger_entry (journal_id, account_id, currency, amount_minor, effective_at)"
            " SELECT %s, id, 'USD', 5, now() FROM ledger_account",
            row,
        )

    with pytest.raises(psycopg.Error, match="has no entries"):
        intruder.commit()


def test_an_entry_that_was_not_inserted_moves_no_balance(intruder: psycopg.Connection) -> None:
    again = entry("escrow", -5).strip().removesuffix(";") + " ON CONFLICT (journal_id, account_id) DO NOTHING;"

    run(intruder, BALANCED + again)

    assert books(intruder)["held"] == 10_005


def test_a_rolled_back_entry_gives_its_balance_back(intruder: psycopg.Connection) -> None:
    run(intruder, "SAVEPOINT a;" + BALANCED + "ROLLBACK TO SAVEPOINT a;" + BALANCED)

    assert books(intruder)["held"] == 10_005
    assert selectors.balance(CLEARING, USD) == usd(11_005)


def test_a_journal_of_a_released_savepoint_takes_its_entries(intruder: psycopg.Connection) -> None:
    run(
        intruder,
        "SAVEPOINT a;" + JOURNAL + "RELEASE SAVEPOINT a;" + entry("stripe_clearing", 5) + entry("escrow", -5),
    )

    assert books(intruder)["held"] == 10_005
