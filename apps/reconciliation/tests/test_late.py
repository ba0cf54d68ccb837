"""Answers and entries that come late: in flight first, a break after the grace time, healed when they arrive."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.common.models import OutboxEvent
from apps.ledger import selectors as books
from apps.payments import services as payments
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView
from apps.reconciliation import services
from apps.reconciliation.models import Break, BreakChange, RunItem
from apps.reconciliation.tests.conftest import CLEARING, dispute, lose, prepare_payout, prepare_sale, refund, sale, usd

pytestmark = pytest.mark.django_db
SDK_TRIES = 3


def lost_payout(shop: Sandbox, payee: PayeeView) -> Any:
    """Send a payout whose answer gets lost."""
    prepared = prepare_payout(sale(10_000), 4_000, payee)
    shop.fault("POST", "/v1/transfers", "drop_answer", times=SDK_TRIES)
    view = payments.execute_transfer(prepared.id)
    assert view.status == "unknown"
    return view


def later(seconds: float = 130) -> Any:
    """Go on after leases and waits have run out."""
    return time_machine.travel(real_now() + timedelta(seconds=seconds), tick=True)


def test_a_lost_answer_is_in_flight_within_the_grace_time(shop: Sandbox, payee: PayeeView, settings: Any) -> None:
    settings.RECONCILIATION_GRACE = timedelta(hours=1)
    lost_payout(shop, payee)

    report = services.reconcile()

    assert (report.in_flight, report.breaks_open) == (1, 0)
    item = RunItem.objects.get()
    assert (item.kind, item.break_class, item.difference_minor) == ("transfer", "", 4_000)
    assert report.totals[0].in_flight == usd(4_000)
    assert report.totals[0].unexplained == usd(0)


def test_a_lost_answer_is_a_break_until_the_sweep_records_it(shop: Sandbox, payee: PayeeView) -> None:
    view = lost_payout(shop, payee)
    services.reconcile()
    row = Break.objects.get()
    assert (row.break_class, row.our_id, row.difference) == ("unrecorded", view.id, usd(4_000))

    with later():
        payments.resume_stale()
    report = services.reconcile()

    row.refresh_from_db()
    assert (row.status, report.breaks_resolved, report.breaks_open) == ("resolved", 1, 0)
    healed = BreakChange.objects.get(break_row=row, what="healed")
    assert (healed.actor, healed.reason, healed.to_status) == (None, "the two sides agree", "resolved")
    assert OutboxEvent.objects.filter(name="reconciliation.BreakResolved").count() == 1


def test_what_the_sweep_still_records_cannot_be_posted_by_hand(shop: Sandbox, payee: PayeeView, clerk: Any) -> None:
    lost_payout(shop, payee)
    services.reconcile()

    with pytest.raises(Conflict) as refusal:
        services.propose(
            actor=clerk, break_id=str(Break.objects.get().public_id), counter_account="goodwill", reason="impatient"
        )

    assert refusal.value.code == "break_not_postable"


def test_a_lost_answer_to_a_sale_is_named_by_its_payment(shop: Sandbox) -> None:
    prepared = prepare_sale(5_000)
    shop.fault("POST", r"/v1/payment_intents/[^/]+/confirm", "drop_answer", times=SDK_TRIES)
    assert payments.execute_payment(prepared.id).status == "unknown"

    services.reconcile()

    row = Break.objects.get()
    assert (row.break_class, row.kind, row.our_id) == ("unrecorded", "charge", prepared.id)


def test_an_entry_that_comes_late_heals_the_break(shop: Sandbox) -> None:
    refund(sale(10_000), 2_500)
    entry = lose(shop, "refund")
    services.reconcile()
    assert Break.objects.get().break_class == "missing_at_gateway"
    with shop.server.store.transaction():
        rest = {name: value for name, value in entry.items() if name not in {"id", "object", "created", "livemode"}}
        shop.server.store.add("txn", "balance_transaction", **rest)
        shop.server.store.add_funds("", "usd", 0, -2_500)

    report = services.reconcile()

    assert (report.breaks_resolved, report.breaks_open) == (1, 0)


def test_a_difference_that_healed_is_not_posted_a_second_time(
    shop: Sandbox, payee: PayeeView, clerk: Any, colleague: Any
) -> None:
    view = lost_payout(shop, payee)
    services.reconcile()
    Break.objects.update(break_class="unknown_at_gateway")  # as if the gateway's object had not told whose it is
    key = str(Break.objects.get().public_id)
    services.propose(actor=clerk, break_id=key, counter_account="goodwill", reason="nobody knows it")
    with later():
        payments.resume_stale()
    before = books.balance(CLEARING, "USD")

    with pytest.raises(Conflict) as refusal:
        services.post(actor=colleague, break_id=key, reason="agreed")

    assert refusal.value.code == "difference_changed"
    assert books.balance(CLEARING, "USD") == before
    services.reconcile()
    assert Break.objects.get(our_id=view.id).status == "resolved"


def test_a_refund_that_the_bank_returns_agrees_by_its_sum(shop: Sandbox) -> None:
    made = refund(sale(10_000), 2_500)
    shop._post(f"/_sandbox/refunds/{made.provider_id}/fail", {})
    shop.deliver_webhooks()

    report = services.reconcile()

    assert (report.breaks_open, report.new_entries) == (0, 3)
    assert report.totals[0].ledger == report.totals[0].gateway == usd(10_000 - 320)


def test_a_dispute_whose_event_was_lost_waits_for_the_sweep(shop: Sandbox, clerk: Any) -> None:
    disputed = dispute(shop, sale(3_000))
    services.reconcile()
    row = Break.objects.get()
    assert (row.break_class, row.kind, row.match_id) == ("unrecorded", "dispute", disputed)
    assert row.difference == usd(3_000 + 1_500)

    shop.deliver_webhooks()
    services.reconcile()

    row.refresh_from_db()
    assert row.status == "resolved"


def test_a_verdict_whose_event_was_lost_is_not_posted_by_hand(shop: Sandbox, clerk: Any) -> None:
    disputed = dispute(shop, sale(3_000))
    shop.deliver_webhooks()
    shop._post(f"/_sandbox/disputes/{disputed}/resolve", {"outcome": "won"})
    services.reconcile()
    row = Break.objects.get()
    assert (row.break_class, row.difference) == ("amount_differs", usd(-3_000))

    with pytest.raises(Conflict) as refusal:
        services.propose(actor=clerk, break_id=str(row.public_id), counter_account="dispute_loss", reason="lost")

    assert refusal.value.code == "break_not_postable"
    shop.deliver_webhooks()
    assert services.reconcile().breaks_open == 0


def test_a_returned_refund_whose_event_was_lost_waits_for_the_sweep(shop: Sandbox) -> None:
    made = refund(sale(10_000), 2_500)
    shop._post(f"/_sandbox/refunds/{made.provider_id}/fail", {})
    services.reconcile()
    row = Break.objects.get()
    assert (row.break_class, row.kind, row.our_id) == ("unrecorded", "refund_failure", made.id)

    shop.deliver_webhooks()
    assert services.reconcile().breaks_open == 0


def test_as_of_an_instant_what_came_later_was_in_flight(shop: Sandbox, payee: PayeeView) -> None:
    lost_payout(shop, payee)
    until = real_now()
    with later():
        payments.resume_stale()
        report = services.reconcile(until=until)

    (total,) = report.totals
    assert report.breaks_open == 0
    assert (total.ledger, total.gateway, total.in_flight) == (usd(9_680), usd(5_680), usd(4_000))
    assert total.unexplained == usd(0)
