"""Balances as of any instant: equal to the plain sum, whatever is backdated and wherever the cuts fall."""

import os
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.common.clock import real_now
from apps.ledger import selectors
from apps.ledger import services as ledger
from apps.ledger.models import Cut, DayTotal, Entry
from apps.ledger.tests.conftest import CLEARING, ESCROW, USD, capture, usd
from apps.ledger.types import AccountRef, credit, debit

WASH = AccountRef("revenue_wash")
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def sold(key: str, at: datetime, cents: int = 100) -> None:
    """Sell one wash."""
    with transaction.atomic():
        ledger.post(kind="wash", key=key, legs=[debit(CLEARING, usd(cents)), credit(WASH, usd(cents))], effective_at=at)


def plain_sum(as_of: datetime | None) -> int:
    """Add up the entries one by one."""
    entries = Entry.objects.filter(account__kind="revenue_wash")
    return -sum(e.amount_minor for e in entries if as_of is None or e.effective_at <= as_of)


def test_every_instant_agrees_with_the_plain_sum_through_cuts_and_late_entries() -> None:
    instants = [MORNING + timedelta(hours=hours) for hours in (-48, -24, 0, 7, 16, 24, 31, 48)]
    instants += [at + timedelta(microseconds=step) for at in instants for step in (-1, 1)]
    for round_, backdated in enumerate((0, 24, 48, 31)):
        for number in range(3):
            sold(f"{round_}-{number}", MORNING + timedelta(hours=40 - backdated), 7 + 10 * round_ + number)
        sold(f"edge-{round_}", datetime(2026, 3, 2, tzinfo=UTC) - timedelta(microseconds=round_ % 2), 1000)
        if round_ != 3:  # what comes after the last cut counts too
            assert ledger.cut()
        for as_of in [*instants, None]:
            assert selectors.balance(WASH, USD, as_of) == usd(plain_sum(as_of)), as_of
    assert selectors.check().ok


def test_entries_of_one_instant_count_together() -> None:
    for key in "abc":
        sold(key, MORNING)
    ledger.cut()

    assert selectors.balance(WASH, USD, MORNING) == usd(300)
    assert selectors.balance(WASH, USD, MORNING - timedelta(microseconds=1)) == usd(0)


def test_a_second_cut_without_news_does_nothing() -> None:
    sold("a", MORNING)

    assert ledger.cut() is True
    assert ledger.cut() is False
    assert Cut.objects.count() == 1


def test_days_are_kept_for_the_companys_accounts_alone() -> None:
    capture()
    ledger.cut()

    assert {row.account.kind for row in DayTotal.objects.select_related("account")} == {"stripe_clearing"}
    assert selectors.balance(ESCROW, USD) == usd(10_000)
    assert selectors.balance(ESCROW, USD, real_now()) == usd(10_000)


def test_a_guarded_balance_is_read_from_its_row() -> None:
    capture()

    with CaptureQueriesContext(connection) as queries:
        assert selectors.balance(ESCROW, USD) == usd(10_000)

    assert not any("ledger_entry" in query["sql"] for query in queries)


def test_a_cut_leaves_out_nothing_that_is_still_being_written() -> None:
    """An older transaction with lower numbers commits late: the cut waits, gives up, and takes it next time."""
    sold("first", MORNING)
    with psycopg.connect(os.environ["DATABASE_URL"]) as slow:
        slow.execute(
            "SELECT ledger_post(gen_random_uuid(), 'slow', 'wash', 'USD', %s, NULL, '{stripe_clearing,revenue_wash}',"
            " '{\"\",\"\"}', '{1,-1}', '{f,f}', '{50,-50}')",
            [MORNING],
        )
        sold("later", MORNING)
        assert ledger.cut() is False  # after five seconds of patience
        slow.commit()

    assert ledger.cut() is True
    assert selectors.balance(WASH, USD, MORNING + timedelta(days=3)) == usd(250)
    assert selectors.check().ok


def test_a_cut_in_a_frozen_snapshot_is_refused() -> None:
    sold("first", MORNING)
    with psycopg.connect(os.environ["DATABASE_URL"]) as frozen:
        frozen.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.Error, match="READ COMMITTED"):
            frozen.execute("INSERT INTO ledger_cut (up_to_entry, made_at) VALUES (9, now())")

    assert not Cut.objects.exists()


def test_an_entry_cannot_take_a_number_below_a_cut() -> None:
    sold("first", MORNING)
    ledger.cut()
    with psycopg.connect(os.environ["DATABASE_URL"]) as hostile:
        hostile.execute(
            "INSERT INTO ledger_journal (public_id, idempotency_key, kind, currency, effective_at)"
            " VALUES (gen_random_uuid(), 'low', 'wash', 'USD', now())"
        )
        hostile.execute(
            "INSERT INTO ledger_entry (id, journal_id, account_id, currency, amount_minor, effective_at)"
            " OVERRIDING SYSTEM VALUE SELECT -1 - a.id, j.id, a.id, 'USD', a.side * 5, now()"
            " FROM ledger_account a, ledger_journal j WHERE j.idempotency_key = 'low'"
        )

    cut = Cut.objects.get()
    assert Entry.objects.filter(journal__idempotency_key="low", id__gt=cut.up_to_entry).count() == 2
    assert selectors.balance(WASH, USD) == usd(105)


def test_the_audit_finds_a_total_that_is_not_its_entries() -> None:
    sold("a", MORNING)
    ledger.cut()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute("ALTER TABLE ledger_day_total DISABLE TRIGGER USER")
        owner.execute("UPDATE ledger_day_total SET total_minor = total_minor + 1 WHERE total_minor < 0")
        owner.execute("ALTER TABLE ledger_day_total ENABLE TRIGGER USER")

    assert selectors.check().problems == ("day 2026-03-01 of revenue_wash says -99 USD minor units, its entries -100",)
