"""Balances as of any instant: equal to the plain sum, whatever is backdated and wherever the cuts fall."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
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


def test_a_cut_of_old_books_may_take_longer_than_a_request() -> None:
    """The first one reads every entry; given up at a request's limit, it would never be made."""
    sold("old", MORNING)
    limits = []

    def look(execute: Any, sql: str, *rest: Any) -> Any:
        if "INTO ledger_cut" in sql:
            limits.append(allowed())
        return execute(sql, *rest)

    usual = allowed()
    with connection.execute_wrapper(look):
        assert ledger.cut()
    assert (limits, allowed()) == ([f"{ledger.CUT_SECONDS}s"], usual)
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT > ledger.CUT_SECONDS


def allowed() -> str:
    """Return how long a statement may take."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return str(cursor.fetchone()[0])


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


def test_a_cut_waits_for_the_youngest_transaction_too() -> None:
    """Nothing has ended since it began: the bound of a snapshot lies at it, not above it."""
    sold("first", MORNING)
    with psycopg.connect(os.environ["DATABASE_URL"]) as young:
        young.execute(
            "SELECT ledger_post(gen_random_uuid(), 'young', 'wash', 'USD', %s, NULL, '{stripe_clearing,revenue_wash}',"
            " '{\"\",\"\"}', '{1,-1}', '{f,f}', '{50,-50}')",
            [MORNING],
        )
        with ThreadPoolExecutor(1) as pool, psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as watcher:
            cut = pool.submit(cut_elsewhere)
            while not watcher.execute(
                "SELECT FROM pg_locks WHERE locktype = 'advisory' AND database ="
                " (SELECT oid FROM pg_database WHERE datname = current_database())"
            ).fetchall():
                assert not cut.done(), "it did not wait"
            young.commit()
            assert cut.result() is True

    assert selectors.balance(WASH, USD) == usd(150)
    assert selectors.check().ok


def cut_elsewhere() -> bool:
    """Cut on a connection of this thread's own."""
    try:
        return ledger.cut()
    finally:
        connection.close()


def test_a_cut_is_the_first_write_of_its_transaction() -> None:
    sold("first", MORNING)
    with psycopg.connect(os.environ["DATABASE_URL"]) as careless:
        careless.execute("SELECT pg_current_xact_id()")
        with pytest.raises(psycopg.Error, match="first write of its transaction"):
            careless.execute("INSERT INTO ledger_cut (up_to_entry, made_at) VALUES (9, now())")

    assert not Cut.objects.exists()


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


def test_a_cut_cannot_choose_its_number() -> None:
    """Totals are read up to a cut: with a high number of its own it would let later ones count twice."""
    sold("first", MORNING)
    with psycopg.connect(os.environ["DATABASE_URL"]) as hostile:
        hostile.execute("INSERT INTO ledger_cut (id, up_to_entry, made_at) VALUES (1000000, 9, now())")
    sold("second", MORNING)
    ledger.cut()
    sold("third", MORNING)

    assert list(Cut.objects.order_by("id").values_list("id", flat=True)) == [1, 2]
    assert selectors.balance(WASH, USD) == usd(300)
    assert selectors.balance(WASH, USD, MORNING) == usd(300)


def entries_read(as_of: datetime | None) -> int:
    """Return how many entries the trial balance reads, by what PostgreSQL says of its own work."""
    with CaptureQueriesContext(connection) as queries:
        selectors.trial_balance(as_of)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a small table is read whole otherwise
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries[-1]['sql']}")
        (plan,) = cursor.fetchone()
    return sum(
        node["Actual Rows"] * node["Actual Loops"]
        for node in nodes(plan[0]["Plan"])
        if node.get("Relation Name") == "ledger_entry"
    )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk through a plan."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def test_the_trial_balance_reads_what_the_totals_do_not_cover() -> None:
    for day in range(5):
        for number in range(4):
            sold(f"{day}-{number}", MORNING + timedelta(days=day, hours=number))
    capture()
    assert entries_read(None) == 43
    ledger.cut()
    sold("later", MORNING)

    assert entries_read(None) == 2
    assert entries_read(MORNING + timedelta(days=3, hours=1)) == 2 * 2 + 2
    assert entries_read(MORNING + timedelta(days=900)) == 2
    before = {row.kind: row.balance for row in selectors.trial_balance(MORNING + timedelta(days=3, hours=1))}
    assert before == {"stripe_clearing": usd(1500), "revenue_wash": usd(1500)}
