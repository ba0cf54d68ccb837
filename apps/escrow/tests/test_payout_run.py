"""The payout run: written down, guarded by our cash, safe to run twice and to kill."""

import itertools
import os
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction

from apps.common.clock import advance_business_clock, business_now
from apps.escrow import services
from apps.escrow.models import Hold, PayoutRun
from apps.escrow.services import runs
from apps.escrow.tests.holds import Story, a_day_passes, swept, usd
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.gateways.port import BalanceFacts
from apps.payments.gateways.stripe_api import StripeGateway
from petwash.testing.races import race


@pytest.fixture
def many(story):
    """Four holds whose 24 hours are over: 85.00 goes to the sitter of each."""
    with transaction.atomic():
        stories = [story, *[Story.open(str(uuid4()), story.owner, story.sitter) for _ in range(3)]]
    for each in stories:
        each.pay()
        each.complete()
    a_day_passes()
    return stories


def holding(available: int, pending: int = 0) -> Any:
    """Let the gateway say how much we have."""
    facts = BalanceFacts(available={"USD": usd(available)}, pending={"USD": usd(pending)})
    return patch.object(StripeGateway, "balance", return_value=facts)


def test_a_run_is_written_down(many, stripe_sandbox):
    assert services.release_due_payouts() == 4
    run = PayoutRun.objects.get()
    assert (run.claimed, run.started, run.postponed, run.stopped_by) == (4, 4, {}, "")
    assert run.finished_at is not None


def test_a_run_with_nothing_to_do_asks_the_gateway_nothing(story, stripe_sandbox):
    with patch.object(StripeGateway, "balance", side_effect=AssertionError("asked")):
        assert services.release_due_payouts() == 0
    run = PayoutRun.objects.get()
    assert (run.claimed, run.started, run.stopped_by) == (0, 0, "")


def test_the_reasons_of_what_was_put_off_are_counted(many, stranger, stripe_sandbox):
    with transaction.atomic():
        broke = Story.open(str(uuid4()), many[0].owner, stranger)
    broke.pay()
    broke.complete()
    a_day_passes()
    assert services.release_due_payouts() == 4
    assert PayoutRun.objects.get().postponed == {"payout_account_missing": 1}


def test_the_real_balance_covers_what_was_paid_in(many, stripe_sandbox):
    facts = payments.balance()
    sums = [amounts["USD"].amount_minor for amounts in (facts.available, facts.pending) if "USD" in amounts]
    assert sum(sums) >= 4 * 8_500


@pytest.mark.parametrize(
    ("available", "pending", "paid"), [(17_000, 0, 2), (8_500, 8_500, 2), (8_499, 0, 0), (-5, 0, 0)]
)
def test_no_more_leaves_than_our_cash_covers(many, stripe_sandbox, available, pending, paid):
    with holding(available, pending):
        assert services.release_due_payouts() == paid
    assert len(stripe_sandbox.objects("transfer")) == paid
    run = PayoutRun.objects.get()
    assert (run.claimed, run.started, run.postponed) == (paid, paid, {})
    assert run.stopped_by.startswith("cash cover: ")
    oldest = sorted(Hold.objects.values_list("release_due_at", "state"))
    assert [state for _, state in oldest] == ["released"] * paid + ["release_due"] * (4 - paid)
    assert ledger.check().ok
    assert services.release_due_payouts() == 4 - paid  # nothing was put off: cash is all it took


def test_what_is_on_its_way_out_is_not_spent_twice(many, stripe_sandbox):
    """A transfer whose answer is missing may or may not be in the balance that the gateway tells."""
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_answer", times=50)
    with holding(8_500 * 4):
        services.release_due_payouts()
    stripe_sandbox.repair()
    with transaction.atomic():
        late = Story.open(str(uuid4()), many[0].owner, many[0].sitter)
    late.pay()
    late.complete()
    a_day_passes()
    with holding(8_500 * 4):
        assert services.release_due_payouts() == 0
    assert late.hold.state == "release_due"


def test_without_the_gateways_word_nothing_is_claimed(many, stripe_sandbox):
    stripe_sandbox.fault("GET", "/v1/balance", "drop_request", times=50)
    assert services.release_due_payouts() == 0
    stripe_sandbox.repair()
    run = PayoutRun.objects.get()
    assert (run.claimed, run.stopped_by.split(":")[0]) == (0, "gateway_unavailable")
    assert {each.hold.state for each in many} == {"release_due"}
    assert services.release_due_payouts() == 4


class Killed(BaseException):
    """No handler of the run may catch the end of its process."""


def test_a_run_killed_in_the_middle_is_seen_and_finished_by_others(many, stripe_sandbox):
    turn = itertools.count()
    transfer = StripeGateway.transfer

    def one_then_die(gateway, request, *, key):
        if next(turn):
            raise Killed
        return transfer(gateway, request, key=key)

    with patch.object(StripeGateway, "transfer", one_then_die), pytest.raises(Killed):
        services.release_due_payouts()
    run = PayoutRun.objects.get()
    assert (run.claimed, run.finished_at) == (4, None)
    assert len(stripe_sandbox.objects("transfer")) == 1
    assert services.release_due_payouts() == 0  # all are claimed: none is paid again
    swept(many[0].row.opened_at)
    assert {each.hold.state for each in many} == {"released"}
    assert len(stripe_sandbox.objects("transfer")) == 4
    assert ledger.check().ok


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_pay_each_once_and_spend_the_cash_once(many, stripe_sandbox):
    with holding(17_000):
        started = race(services.release_due_payouts, services.release_due_payouts)
    assert sum(started) == 2
    assert len(stripe_sandbox.objects("transfer")) == 2
    assert PayoutRun.objects.count() == 2
    assert ledger.check().ok


def test_idle_runs_are_forgotten_after_a_day_and_others_stay(many, stripe_sandbox):
    with holding(0):
        services.release_due_payouts()
    services.release_due_payouts()
    services.release_due_payouts()  # finds nothing
    assert services.forget_idle_runs() == 0
    advance_business_clock(25 * 3600)
    assert services.forget_idle_runs() == 1
    assert PayoutRun.objects.count() == 2


@pytest.fixture
def filled(transactional_db, owner, sitter_user):
    """A hundred thousand holds, a tenth of them with a running clock; only their owner can have them counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO escrow_hold (public_id, booking_id, payee_user_id, state, resume_state, currency, stay_minor,
                owner_fee_minor, stay_refunded_minor, owner_fee_refunded_minor, sitter_fee_pct, release_due_at,
                next_attempt_at, last_problem, opened_at)
            SELECT gen_random_uuid(), 'b' || n, %s, CASE WHEN n %% 10 = 0 THEN 'release_due' ELSE 'released' END, '',
                'USD', 10000, 1000, 0, 0, 15, now() - interval '1 day', now() - interval '1 day', '', now()
            FROM generate_series(1, 100000) AS n
            """,
            [sitter_user.pk],
        )
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owners:
        owners.execute("ANALYZE escrow_hold")


def test_the_run_reads_its_partial_index_with_a_hundred_thousand_holds(filled):
    due = Hold.objects.payable(business_now()).select_for_update(skip_locked=True, of=("self",))
    with transaction.atomic():
        plan = due[: runs.BATCH].explain()
    assert "escrow_hold_payout_run" in plan
    assert "Seq Scan on escrow_hold" not in plan
    with transaction.atomic():
        assert len(due[: runs.BATCH]) == 50
