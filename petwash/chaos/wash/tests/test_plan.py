"""The seed of a wash run decides everything that can be decided."""

import pytest

from petwash.chaos.company import CompanyError
from petwash.chaos.plan import PlanError
from petwash.chaos.wash.company import choose_broker
from petwash.chaos.wash.mishaps import KINDS, SLOW
from petwash.chaos.wash.plan import BAYS_EACH, WashPlan


def test_a_seed_makes_the_same_decisions_again_in_any_process() -> None:
    plan = WashPlan(7, 300)

    assert WashPlan.load(plan.export()) == plan
    assert WashPlan.load(plan.export()).fingerprint == plan.fingerprint
    assert WashPlan(8, 300).fingerprint != plan.fingerprint


@pytest.mark.parametrize("washes", [1, 8, 300, 1000])
def test_exactly_so_many_people_pay_and_each_bay_has_its_queue(washes: int) -> None:
    plan = WashPlan(1, washes)

    assert sum(story.pays for story in plan.stories) == washes
    assert {(story.station, story.bay) for story in plan.stories} <= set(plan.mishaps)
    assert len(plan.mishaps) == plan.stations * BAYS_EACH


def test_everything_that_can_befall_a_start_is_dealt_and_slow_ones_evenly() -> None:
    rows = WashPlan(1, 1000).mishaps.values()
    dealt = {mishap.kind for row in rows for mishap in row if mishap}
    slow = [sum(mishap.kind in SLOW for mishap in row if mishap) for row in rows]

    assert dealt == set(KINDS)
    assert max(slow) <= 2


def test_a_calm_run_has_nothing_that_takes_minutes() -> None:
    plan = WashPlan(1, 40, calm=True)

    assert not {mishap.kind for row in plan.mishaps.values() for mishap in row if mishap} & {*SLOW, "new_board"}
    assert "kill_broker" in {strike.kind for strike in plan.strikes}


def test_whoever_is_to_be_killed_exists() -> None:
    plan = WashPlan(3, 1000)

    assert {strike.target for strike in plan.strikes if strike.target} <= set(plan.workers)


def test_numbers_and_brokers_that_cannot_be_are_refused_by_name() -> None:
    with pytest.raises(PlanError, match="WASHES"):
        WashPlan(1, 0)
    with pytest.raises(CompanyError, match="BROKER"):
        choose_broker("rabbit")
