"""Runs: repeated, side by side, without a gateway, after a crash; each is recorded and nothing happens twice."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput
from apps.ledger import selectors as books
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.services import statement
from apps.payments.tests.fixtures import Sandbox
from apps.reconciliation import selectors, services
from apps.reconciliation.models import (
    BookedMovement,
    Break,
    BreakChange,
    EntryOrigin,
    GatewayEntry,
    Run,
    RunItem,
    RunTotal,
)
from apps.reconciliation.services import leasing, mirroring, running, scheduling
from apps.reconciliation.tests.conftest import behind_our_back, book, refund, sale
from petwash.testing.races import race

pytestmark = pytest.mark.django_db
ENTRIES = r"/v1/balance_transactions.*"


def counts() -> dict[str, int]:
    """Return how many rows there are of what a repeat must not add to."""
    models: tuple[type[Model], ...] = (GatewayEntry, BookedMovement, Break, BreakChange, EntryOrigin)
    return {model.__name__: model._default_manager.count() for model in models} | {"journals": books.check().journals}


def test_a_second_run_adds_nothing(shop: Sandbox) -> None:
    payment = sale(10_000)
    refund(payment, 500)
    behind_our_back(shop, "/v1/refunds", payment_intent=str(payment.provider_id), amount="700")
    shop.advance_clock(3 * 24 * 3600)
    behind_our_back(shop, "/v1/payouts", amount="100", currency="usd")
    services.reconcile()
    before = counts()

    report = services.reconcile()

    assert counts() == before
    assert (report.new_entries, report.breaks_new, report.breaks_open) == (0, 0, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_is_refused_and_nothing_is_doubled(shop: Sandbox) -> None:
    sale(10_000)
    book(shop, "stripe_fee", -200)

    ended = race(services.reconcile, services.reconcile)

    # A run may end before the other begins; then both have run, one after the other.
    statuses = sorted(one if isinstance(one, str) else one.status for one in ended)
    assert statuses in (["finished", "reconciliation_running"], ["finished", "finished"])
    assert counts()["GatewayEntry"] == 2
    assert Break.objects.count() == 1
    assert Run.objects.filter(status="running").count() == 0


def test_a_run_is_refused_while_another_holds_the_lease(shop: Sandbox) -> None:
    leasing.begin()

    with pytest.raises(Conflict) as refusal:
        services.reconcile()

    assert refusal.value.code == "reconciliation_running"
    assert Run.objects.count() == 1
    assert services.reconcile_if_due() is None


@pytest.mark.django_db(transaction=True)
def test_a_dead_runs_place_is_taken_and_it_may_write_nothing_more(shop: Sandbox) -> None:
    sale(10_000)
    dead = leasing.begin()
    with time_machine.travel(real_now() + leasing.LEASE + timedelta(seconds=1), tick=True):
        assert services.reconcile().status == "finished"

    with pytest.raises(leasing.LeaseLost):
        mirroring.mirror_gateway(dead)
    dead.refresh_from_db()
    assert (dead.status, dead.failure) == ("failed", leasing.ABANDONED)


def test_a_gateway_that_is_down_fails_the_run_and_the_next_one_goes_on(shop: Sandbox) -> None:
    sale(10_000)
    shop.fault("GET", ENTRIES, "drop_request", times=3)

    failed = services.reconcile()

    assert (failed.status, failed.breaks_open) == ("failed", 0)
    assert "does not answer" in failed.failure
    assert not Break.objects.exists()
    shop.repair()
    report = services.reconcile_if_due()
    assert report is not None
    assert (report.status, report.new_entries) == ("finished", 1)


def test_a_run_that_dies_in_the_middle_goes_on_behind_the_last_window(
    shop: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale(10_000)

    class Killed(BaseException):
        pass

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(running, "_balance", die)
        with pytest.raises(Killed):
            services.reconcile()
    first = Run.objects.get()
    assert (first.status, first.failure, first.new_entries) == ("failed", "Killed", 1)
    assert first.mirrored_until is not None

    report = services.reconcile()

    assert (report.status, report.new_entries, report.breaks_open) == ("finished", 0, 0)


def test_entries_come_page_by_page(shop: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        book(shop, "stripe_fee", -100)
    pages: list[int] = []
    ask = statement.entries

    def noted(since: datetime, until: datetime) -> Any:
        for page in ask(since, until):
            pages.append(len(page))
            yield page

    monkeypatch.setattr(statement, "PAGE", 2)
    monkeypatch.setattr(statement, "entries", noted)
    services.reconcile()

    assert pages[:3] == [2, 2, 1]
    assert GatewayEntry.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_gateway_is_asked_without_a_transaction_and_without_a_connection(
    shop: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale(10_000)
    held: list[tuple[bool, bool]] = []
    for name in ("balance", "balance_entries"):
        real = getattr(StripeGateway, name)

        def asked(*args: Any, real: Any = real) -> Any:
            held.append((connection.in_atomic_block, connection.connection is not None))
            return real(*args)

        def asked_lazily(*args: Any, real: Any = real) -> Any:
            for entry in real(*args):
                held.append((connection.in_atomic_block, connection.connection is not None))
                yield entry

        monkeypatch.setattr(StripeGateway, name, asked if name == "balance" else asked_lazily)

    assert services.reconcile().status == "finished"
    assert len(held) >= 4
    assert set(held) == {(False, False)}


def test_windows_overlap_and_end_open() -> None:
    now = datetime(2026, 5, 10, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        found = list(mirroring.windows(now - timedelta(days=3), now))

    assert found[0][0] == now - timedelta(days=4)
    assert all(earlier[1] == later[0] for earlier, later in pairwise(found))
    assert found[-1][0] <= now - mirroring.OVERLAP
    assert found[-1][1] == now + mirroring.OPEN_END


def test_more_movements_ask_no_more_queries(shop: Sandbox) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert services.reconcile().status == "finished"
        return len(queries)

    sale(10_000)
    cost()
    sale(10_000)
    few = cost()
    for _ in range(8):
        sale(10_000)
    assert cost() == few


@pytest.mark.parametrize(("hour", "due"), [(3, (9, 3, 15)), (4, (10, 3, 15))])
def test_each_night_once(hour: int, due: tuple[int, int, int]) -> None:
    day, at_hour, minute = due
    found = scheduling.due_since(datetime(2026, 5, 10, hour, 10, tzinfo=UTC))
    assert found == datetime(2026, 5, day, at_hour, minute, tzinfo=UTC)


def test_a_night_that_was_done_is_not_done_again(shop: Sandbox) -> None:
    with time_machine.travel(datetime(2027, 5, 10, 3, 16, tzinfo=UTC), tick=True):
        assert services.reconcile_if_due() is not None
        assert services.reconcile_if_due() is None
    with time_machine.travel(datetime(2027, 5, 11, 3, 16, tzinfo=UTC), tick=True):
        assert services.reconcile_if_due() is not None


def test_the_future_cannot_be_compared(shop: Sandbox) -> None:
    with pytest.raises(InvalidInput):
        services.reconcile(until=real_now() + timedelta(hours=1))
    assert not Run.objects.exists()


def test_the_command_ends_with_0_without_breaks_and_1_with(shop: Sandbox) -> None:
    sale(10_000)
    out = StringIO()
    call_command("reconcile", stdout=out)
    assert "USD: ledger 96.80 USD = gateway 96.80 USD + in flight 0.00 USD" in out.getvalue()

    book(shop, "stripe_fee", -200)
    with pytest.raises(SystemExit) as ended:
        call_command("reconcile", stdout=out)
    assert ended.value.code == 1
    assert "1 new, 0 resolved, 1 open" in out.getvalue()


@pytest.mark.parametrize("until", ["yesterday", "2026-13-45T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_the_command_names_an_instant_that_is_none(shop: Sandbox, until: str) -> None:
    with pytest.raises(CommandError) as ended:
        call_command("reconcile", until=until)
    assert ended.value.returncode == 2
    assert not Run.objects.exists()


def test_the_command_ends_with_2_when_it_could_not(shop: Sandbox) -> None:
    shop.fault("GET", ENTRIES, "drop_request", times=3)
    with pytest.raises(CommandError, match="does not answer") as ended:
        call_command("reconcile")
    assert ended.value.returncode == 2


@pytest.mark.parametrize("model", [GatewayEntry, BookedMovement, RunTotal, RunItem, BreakChange, Break, Run])
def test_history_cannot_be_deleted(shop: Sandbox, model: type[Model]) -> None:
    book(shop, "stripe_fee", -200)
    sale(10_000)
    services.reconcile()
    assert model._default_manager.exists()

    with pytest.raises(DatabaseError), transaction.atomic():
        model._default_manager.all()._raw_delete(using="default")


@pytest.mark.parametrize("model", [GatewayEntry, BookedMovement, RunTotal, RunItem])
def test_what_was_mirrored_and_summed_cannot_be_changed(shop: Sandbox, model: type[Model]) -> None:
    book(shop, "stripe_fee", -200)
    sale(10_000)
    services.reconcile()

    with pytest.raises(DatabaseError), transaction.atomic():
        model._default_manager.update(currency="EUR")


def test_the_backlog_counts_what_is_open(shop: Sandbox, clerk: Any) -> None:
    for net in (-100, -200):
        book(shop, "stripe_fee", net)
    services.reconcile()
    first, second = Break.objects.order_by("id")
    services.explain(actor=clerk, break_id=str(first.public_id), reason="known")

    waiting = selectors.backlog()

    assert (waiting.count, waiting.oldest_at) == (1, second.first_seen_at)
    assert selectors.open_by_class() == {"unposted_entry": 1}
