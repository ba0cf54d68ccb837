"""The seed decides everything that can be decided, and the numbers asked for are kept."""

import pytest

from petwash.chaos.plan import Plan, PlanError
from petwash.chaos.strikes import KILLS, mishap


def test_a_seed_makes_the_same_decisions_again() -> None:
    first, again = Plan(7, 300, 20), Plan(7, 300, 20)

    assert first.stories == again.stories
    assert first.strikes == again.strikes
    assert first.fingerprint == again.fingerprint
    assert [mishap(7, event, 0.2) for event in range(500)] == [mishap(7, event, 0.2) for event in range(500)]


def test_another_seed_makes_others() -> None:
    assert Plan(7, 300, 20).fingerprint != Plan(8, 300, 20).fingerprint
    assert [mishap(7, event, 0.2) for event in range(500)] != [mishap(8, event, 0.2) for event in range(500)]


def test_another_process_reads_the_same_plan() -> None:
    plan = Plan(-3, 40, 5)

    assert Plan.load(plan.export()) == plan
    assert Plan.load(plan.export()).fingerprint == plan.fingerprint


@pytest.mark.parametrize(("releases", "kills"), [(1, 0), (60, 10), (2000, 100)])
def test_exactly_so_many_stories_are_paid_out_and_so_many_kills_are_planned(releases: int, kills: int) -> None:
    plan = Plan(1, releases, kills)

    assert sum(story.is_paid_out for story in plan.stories) == releases
    aimed = [strike for strike in plan.strikes if strike.booking]
    assert sum(strike.kind in KILLS for strike in plan.strikes if strike not in aimed) == kills


def test_what_would_slip_through_is_aimed_where_it_would() -> None:
    plan = Plan(1, 60, 10)
    small = {story.booking_id for story in plan.stories if story.could_be_paid_twice}

    aimed = {strike.kind: strike.booking for strike in plan.strikes if strike.booking}
    assert set(aimed) == {"fail_500_after", "kill_heard_late", "day_passes", "slow"}
    assert set(aimed.values()) <= small


def test_refunds_never_exceed_what_was_paid() -> None:
    for story in Plan(2, 500, 0).stories:
        assert sum(refund.stay for refund in story.refunds) <= story.stay
        assert sum(refund.fee for refund in story.refunds) <= story.fee


@pytest.mark.parametrize(
    ("releases", "kills", "named"), [(0, 0, "RELEASES"), (100_001, 0, "RELEASES"), (10, -1, "KILLS"), (10, 11, "KILLS")]
)
def test_numbers_that_cannot_be_are_refused_by_name(releases: int, kills: int, named: str) -> None:
    with pytest.raises(PlanError, match=named):
        Plan(1, releases, kills)
