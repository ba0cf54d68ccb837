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
