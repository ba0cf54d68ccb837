"""The audit finds what should be impossible, once somebody has taken the guards away."""

import os
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.db import transaction

from apps.ledger import selectors
from apps.ledger import services as ledger
from apps.ledger.tests.conftest import CLEARING, ESCROW, capture, usd
from apps.ledger.types import AccountRef, credit, debit


@pytest.mark.django_db
def test_books_in_order_pass(capsys: pytest.CaptureFixture[str]) -> None:
    capture()

    call_command("check_ledger")

    printed = capsys.readouterr().out
    assert "1 journals, 3 entries: in balance" in printed
    assert "100.00 USD" in printed


@pytest.mark.django_db
def test_empty_books_pass() -> None:
    assert selectors.check().ok


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE amount_minor = 11000", "out of balance by 1"),
        ("DELETE FROM ledger_entry", "has no entries"),
        ("UPDATE ledger_balance SET balance_minor = 7", "balance of escrow:booking-1 says 7"),
    ],
)
def test_damage_is_found(damage: str, problem: str, capsys: pytest.CaptureFixture[str]) -> None:
    capture()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        for table in ("ledger_entry", "ledger_balance"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(damage)

    with pytest.raises(SystemExit) as ended:
        call_command("check_ledger")

    assert ended.value.code == 1
    printed = capsys.readouterr().err
    assert problem in printed
    assert "guard ledger_seal is missing or disabled" in printed


DEEDS = {
    "CREATE TABLE more () INHERITS (ledger_entry)": "more inherits from ledger_entry and counts in its sums",
    "CREATE TABLE other (LIKE ledger_balance INCLUDING ALL); ALTER TABLE other INHERIT ledger_balance": (
        "other inherits from ledger_balance and counts in its sums"
    ),
    "CREATE RULE no AS ON INSERT TO ledger_cut DO INSTEAD NOTHING": "rule no stands on ledger_cut",
    "ALTER TABLE ledger_balance ENABLE ROW LEVEL SECURITY": "row security is on for ledger_balance",
    "CREATE TRIGGER eat BEFORE INSERT ON ledger_account FOR EACH ROW EXECUTE FUNCTION ledger_guard_balance()": (
        "trigger eat on ledger_account is none of ours"
    ),
    "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_moves_money": (
        "constraint ledger_entry_moves_money is missing or not validated"
    ),
    "ALTER TABLE ledger_kind_total DISABLE TRIGGER USER": "guard ledger_guard_kind_total is missing or disabled",
}


@pytest.mark.django_db(transaction=True)
def test_what_an_owner_does_to_the_tables_is_found() -> None:
    """A child table has no guard: its rows count, and the audit says which journal they break."""
    capture()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        for deed in DEEDS:
            owner.execute(deed)
        owner.execute(
            "INSERT INTO more (id, journal_id, account_id, currency, amount_minor, effective_at)"
            " SELECT -1, journal_id, account_id, currency, 5, effective_at FROM ledger_entry WHERE amount_minor = 11000"
        )

    found = selectors.check().problems
    assert set(found) >= set(DEEDS.values())
    assert "journal capture-1 is out of balance by 5 minor units" in found


@pytest.mark.django_db
def test_rounding_must_stay_zero() -> None:
    with transaction.atomic():
        ledger.post(
            kind="slip", key="s", legs=[debit(AccountRef("rounding"), usd(1)), credit(AccountRef("bank"), usd(1))]
        )

    assert selectors.check().problems == ("rounding holds 0.01 USD; it must stay zero",)


@pytest.mark.django_db
def test_a_balance_can_be_asked_as_of_any_instant() -> None:
    morning = datetime(2026, 3, 1, 8, tzinfo=UTC)
    with transaction.atomic():
        for hour in range(3):
            ledger.post(
                kind="escrow.capture",
                key=f"k{hour}",
                legs=[debit(CLEARING, usd(10)), credit(ESCROW, usd(10))],
                effective_at=morning + timedelta(hours=hour),
            )

    assert selectors.balance(ESCROW, "USD", morning - timedelta(seconds=1)) == usd(0)
    assert selectors.balance(ESCROW, "USD", morning) == usd(10)
    assert selectors.balance(ESCROW, "USD", morning + timedelta(minutes=90)) == usd(20)
    assert selectors.balance(ESCROW, "USD") == usd(30)
    assert [row.balance for row in selectors.trial_balance(morning)] == [usd(10), usd(10)]
