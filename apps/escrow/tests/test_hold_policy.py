"""How long a payout waits: rows with author, reason and date; running clocks keep their instant."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.common.clock import advance_business_clock, business_now
from apps.common.errors import Forbidden, InvalidInput
from apps.common.models import AuditEntry
from apps.escrow import services
from apps.escrow.models import DueChange, HoldPolicy
from apps.escrow.services import policies
from apps.escrow.tests.holds import Story, a_day_passes
from petwash.testing.staff import member_of


@pytest.fixture
def finance(db):
    return member_of("Finance")


def set_policy(actor, **changes):
    terms: dict[str, Any] = {
        "hold_hours": 24,
        "first_stays": 2,
        "first_stays_hours": 72,
        "effective_at": business_now(),
    }
    return policies.set_hold_policy(**(terms | changes), actor=actor, reason="new sitters are checked for longer")


def another(story):
    with transaction.atomic():
        return Story.open(str(uuid4()), story.owner, story.sitter)


def test_everybody_waits_24_hours_until_finance_decides_otherwise(story):
    story.pay()
    before = business_now()
    assert story.complete() - before < timedelta(hours=24, minutes=1)
    assert HoldPolicy.objects.get().hold_hours == 24
    assert HoldPolicy.objects.get().first_stays == 0


def test_a_sitters_first_stays_wait_longer_and_the_later_ones_do_not(story, finance, stripe_sandbox):
    set_policy(finance, first_stays=1)
    second = another(story)
    for each, hours in ((story, 72), (second, 24)):
        each.pay()
        before = business_now()
        assert timedelta(0) <= each.complete() - before - timedelta(hours=hours) < timedelta(minutes=1)
        a_day_passes()
        if hours == 72:
            assert services.release_due_payouts() == 0
            advance_business_clock(48 * 3600)
        assert services.release_due_payouts() == 1
    reasons = DueChange.objects.order_by("id").values_list("reason", flat=True)
    assert list(reasons) == [
        "stay completed (72 h: one of the sitter's first 1 stays)",
        "stay completed (24 h after the stay)",
    ]


def test_a_change_moves_no_clock_that_runs(story, finance):
    story.pay()
    due_at = story.complete()
    set_policy(finance, hold_hours=48, first_stays=0, first_stays_hours=0)
    assert story.hold.release_due_at == due_at


def test_a_policy_of_the_future_waits_for_its_day(story, finance):
    story.pay()
    set_policy(finance, effective_at=business_now() + timedelta(days=1))
    before = business_now()
    assert story.complete() - before < timedelta(hours=25)


def test_of_two_policies_the_later_row_holds(story, finance):
    now = business_now()
    set_policy(finance, effective_at=now)
    row = set_policy(finance, hold_hours=36, first_stays=0, first_stays_hours=0, effective_at=now)
    assert HoldPolicy.objects.at(business_now()) == row


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hold_hours": 23}, "hold_hours"),
        ({"hold_hours": 721}, "hold_hours"),
        ({"first_stays": 51}, "first_stays"),
        ({"first_stays_hours": 0}, "first_stays_hours"),
        ({"first_stays": 0}, "first_stays_hours"),
        ({"effective_at": timedelta(days=-1)}, "effective_at"),
    ],
)
def test_a_wrong_term_is_named_and_changes_nothing(finance, changes, field):
    if "effective_at" in changes:
        changes = {"effective_at": business_now() + changes["effective_at"]}
    with pytest.raises(InvalidInput) as refusal:
        set_policy(finance, **changes)
    assert list(refusal.value.details) == [field]
    assert HoldPolicy.objects.count() == 1


def test_only_finance_decides_and_it_is_on_record(finance):
    with pytest.raises(Forbidden):
        set_policy(member_of("Trust & Safety"))
    row = set_policy(finance)
    entry = AuditEntry.objects.get(action="escrow.hold_policy")
    assert (entry.actor_id, entry.facts) == (finance.pk, {"policy": str(row)})


@pytest.mark.parametrize("attack", ["UPDATE {0} SET hold_hours = 24", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_past_policies_cannot_be_rewritten(db, attack):
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(attack.format("escrow_hold_policy"))
