"""A payout: due, claimed, transferred, settled; failures put the money back."""

from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import transaction

from apps.common.clock import advance_business_clock
from apps.common.errors import Conflict
from apps.escrow import selectors, services
from apps.escrow.amounts import split_release
from apps.escrow.models import DueChange, Release
from apps.escrow.services import StayPetEscrow, claims, releases, runs
from apps.escrow.tests.holds import Story, a_day_passes, system_balance, usd
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.gateways.port import GatewayRefused
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.models import Operation


def code(refusal):
    return refusal.value.code


@pytest.fixture
def due(story):
    """A hold whose 24 hours are over."""
    story.pay()
    story.complete()
    a_day_passes()
    return story


def test_the_clock_runs_24_elapsed_hours(story):
    story.pay()
    instant = story.complete(ends_in=timedelta(hours=5))
    advance_business_clock(29 * 3600 - 60)
    with pytest.raises(Conflict) as refusal:
        story.release()
    assert code(refusal) == "hold_not_elapsed"
    assert refusal.value.details == {"release_due_at": instant.isoformat()}
    advance_business_clock(61)
    assert story.release().status == "paid"


def test_each_change_of_the_due_instant_is_on_record(story):
    story.pay()
    instant = story.complete()
    (change,) = DueChange.objects.all()
    assert (change.old_due_at, change.new_due_at, change.actor, change.reason) == (
        None, instant, story.sitter, "stay completed (24 h after the stay)",
    )  # fmt: skip


def test_a_payout_splits_the_stay_and_earns_both_fees(due, diary):
    payout = due.release()
    assert (payout.amount.amount_minor, payout.sitter_fee.amount_minor) == (8_500, 1_500)
    assert due.balances() == (0, 0)
    assert (system_balance("revenue_sitter_fee"), system_balance("revenue_owner_fee")) == (1_500, 1_000)
    assert system_balance("transfer_in_flight") == 0
    assert diary.moves == ["held", "release_due", "releasing", "released"]
    assert ledger.check().ok


def test_nothing_is_released_before_the_stay_is_over(story):
    for pay in (False, True):
        if pay:
            story.pay()
        with pytest.raises(Conflict) as refusal:
            story.release()
        assert code(refusal) == "nothing_to_release"


def test_a_refused_transfer_puts_the_money_back_and_is_tried_again(due, stripe_sandbox):
    refusal = GatewayRefused("account_closed", "The account was closed.")
    with patch.object(StripeGateway, "transfer", side_effect=refusal):
        due.release()
    assert due.hold.state == "release_due"
    assert due.balances() == (10_000, 1_000)
    assert system_balance("revenue_sitter_fee") == system_balance("transfer_in_flight") == 0
    assert due.row.last_problem == "account_closed"
    assert services.release_due_payouts() == 0  # half an hour of rest
    advance_business_clock(31 * 60)
    assert services.release_due_payouts() == 1
    assert due.hold.state == "released"
    assert list(Release.objects.order_by("id").values_list("status", flat=True)) == ["failed", "paid"]
    assert ledger.check().ok


def test_a_lost_answer_is_looked_up_and_paid_once(due, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_answer", times=50)
    assert due.release().status == "in_transit"
    assert (due.hold.state, system_balance("transfer_in_flight")) == ("releasing", 8_500)
    stripe_sandbox.repair()
    Operation.objects.update(next_attempt_at=due.row.opened_at)
    payments.resume_stale()
    assert due.hold.state == "released"
    assert len(stripe_sandbox.objects("transfer")) == 1


def test_one_payee_who_cannot_be_paid_stops_nobody_else(due, stranger, stripe_sandbox):
    """The other hold's sitter has no payout account, and comes first."""
    with transaction.atomic():
        broke = Story.open(booking_id=str(uuid4()), owner=due.owner, sitter=stranger)
    broke.pay()
    broke.complete()
    a_day_passes()
    row = broke.row
    row.release_due_at = row.next_attempt_at = due.row.release_due_at - timedelta(days=1)
    row.save()
    assert services.release_due_payouts() == 1
    assert (due.hold.state, broke.hold.state) == ("released", "release_due")
    assert broke.row.last_problem == "payout_account_missing"


def test_a_bug_with_one_hold_stops_nobody_else(story, due, stripe_sandbox):
    with transaction.atomic():
        other = Story.open(str(uuid4()), story.owner, story.sitter, stay=20_000)
    other.pay()
    other.complete()
    a_day_passes()

    def broken(left, *more):
        return 1 / 0 if left.stay == usd(10_000) else split_release(left, *more)

    with patch.object(releases, "split_release", broken), patch.object(claims, "split_release", broken):
        assert services.release_due_payouts() == 1
    assert (due.hold.state, due.row.last_problem) == ("release_due", "ZeroDivisionError")
    assert other.hold.state == "released"
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [17_000]


def test_more_than_one_batch_is_paid_in_one_run(story, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    stories = [story]
    with transaction.atomic():
        stories += [Story.open(str(uuid4()), story.owner, story.sitter) for _ in range(4)]
    for each in stories:
        each.pay()
        each.complete()
    a_day_passes()
    assert services.release_due_payouts() == 5
    assert {each.hold.state for each in stories} == {"released"}


def test_a_freeze_resumes_exactly_where_the_hold_stood(due, agent):
    due_at = due.hold.release_due_at
    StayPetEscrow.freeze(booking_id=due.booking_id, actor=agent, reason="a complaint")
    with pytest.raises(Conflict) as refusal:
        due.release()
    assert code(refusal) == "escrow_frozen"
    assert services.release_due_payouts() == 0
    StayPetEscrow.lift(booking_id=due.booking_id, actor=agent, reason="settled")
    assert (due.hold.state, due.hold.release_due_at) == ("release_due", due_at)
    assert due.release().status == "paid"


def test_a_payout_is_found_by_its_booking(due):
    assert selectors.payout_of(due.booking_id) is None
    payout = due.release()
    assert selectors.payout_of(due.booking_id) == payout
    assert due.release() == payout
