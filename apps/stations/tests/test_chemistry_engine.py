"""Levels, use and paid seconds against each other: the pure engine, with made-up and with random days."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.stations.chemistry import (
    Level,
    Limits,
    Use,
    account,
    judge_nozzles,
    judge_tank,
    rises_of,
    steps_of,
    thefts,
    unrecorded,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMITS = Limits()
series = st.lists(st.integers(0, 20_000), min_size=1, max_size=60)


def levels(values: list[int]) -> list[Level]:
    return [Level(at(minute), value) for minute, value in enumerate(values)]


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def wash(start: int, end: int | None, used: int, expected: int | None = None, bay: int = 1) -> Use:
    return Use(bay, at(start), None if end is None else at(end), used, used if expected is None else expected)


@given(series)
def test_no_millilitre_is_lost_or_invented(values: list[int]) -> None:
    sums = account(steps_of(levels(values)), LIMITS)
    assert values[0] == values[-1] + sums.fall_ml - sums.rise_ml
    assert sums.rise_ml >= 0


@given(st.lists(st.integers(0, 400), min_size=2, max_size=60))
def test_a_waving_surface_is_no_refill_and_its_waves_cancel_out(values: list[int]) -> None:
    steps = steps_of(levels(values))
    assert rises_of(steps, LIMITS) == []
    assert account(steps, LIMITS).fall_ml == values[0] - values[-1]


@given(series, st.integers(0, 20))
def test_what_is_stolen_is_never_more_than_what_fell(values: list[int], start: int) -> None:
    steps = steps_of(levels(values))
    stolen = thefts(steps, [wash(start, start + 5, 100)], LIMITS)
    assert all(-step.rise_ml >= LIMITS.theft_ml for step in stolen)
    assert sum(-s.rise_ml for s in stolen) <= sum(max(0, -s.rise_ml) for s in steps)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8))
def test_washes_that_use_what_they_report_are_never_suspected(used: list[int]) -> None:
    level, values, uses = 20_000, [20_000], []
    for number, ml in enumerate(used):
        level -= ml
        values += [level] * 10
        uses.append(wash(number * 10 + 1, number * 10 + 1, ml))
    assert judge_tank("shampoo", steps_of(levels(values)), uses, LIMITS) == []
    assert judge_nozzles("shampoo", uses, LIMITS) == []


def test_a_slow_leak_is_told_with_its_figures() -> None:
    drops = [10_000 - 10 * minute for minute in range(61)]
    [finding] = judge_tank("shampoo", steps_of(levels(drops)), [wash(10, 15, 150)], LIMITS)
    assert (finding.kind, finding.ml) == ("leak", 450)
    assert finding.sentence == (
        "shampoo fell by 600 ml while washes used 150 ml: 450 ml are missing. "
        "Look for a leak at the tank and its hoses."
    )


def test_a_leak_below_its_limit_is_not_told() -> None:
    drops = [10_000 - 4 * minute for minute in range(61)]
    assert judge_tank("shampoo", steps_of(levels(drops)), [], LIMITS) == []


def test_a_leak_is_measured_against_a_busy_day_by_its_share() -> None:
    steps = steps_of(levels([20_000, 16_000]))
    assert judge_tank("shampoo", steps, [wash(0, 1, 3_400)], LIMITS) == []
    assert [f.ml for f in judge_tank("shampoo", steps, [wash(0, 1, 3_200)], LIMITS)] == [800]


def test_a_sudden_fall_of_an_idle_tank_is_a_theft_and_no_leak() -> None:
    values = [10_000] * 10 + [7_000] + [4_000] * 10
    [finding] = judge_tank("shampoo", steps_of(levels(values)), [], LIMITS)
    assert (finding.kind, finding.ml) == ("theft", 6_000)
    assert "fell by 6,000 ml between 02 Mar 12:09 and 12:11 UTC while no bay washed" in finding.sentence


def test_the_same_fall_while_a_bay_washes_is_no_theft() -> None:
    steps = steps_of(levels([10_000] * 10 + [7_000] * 10))
    assert thefts(steps, [wash(8, 12, 3_000)], LIMITS) == []
    assert thefts(steps, [wash(8, None, 0)], LIMITS) == []


def test_a_fall_over_a_gap_in_the_samples_is_not_sudden() -> None:
    steps = steps_of([Level(at(0), 10_000), Level(at(30), 5_000)])
    assert [f.kind for f in judge_tank("shampoo", steps, [], LIMITS)] == ["leak"]


def test_a_wash_that_still_runs_may_have_taken_all_it_was_sold() -> None:
    steps = steps_of(levels([10_000, 9_600]))
    assert judge_tank("shampoo", steps, [wash(0, None, 0, expected=500)], LIMITS) == []
    assert judge_tank("shampoo", steps, [], LIMITS) != []


def test_washes_that_use_too_little_name_their_bay_and_no_other() -> None:
    uses = [wash(n * 10, n * 10 + 5, 60, 150) for n in range(3)]
    uses += [wash(n * 10, n * 10 + 5, 150, 150, bay=2) for n in range(3)]
    [finding] = judge_nozzles("shampoo", uses, LIMITS)
    assert (finding.kind, finding.bay, finding.ml) == ("clog", 1, 270)
    assert finding.sentence == (
        "3 washes of bay 1 used 180 ml of shampoo where 450 ml were expected. Look for a clogged nozzle."
    )


def test_two_washes_prove_no_clog_and_one_that_runs_does_not_count() -> None:
    uses = [wash(0, 5, 0, 150), wash(10, 15, 0, 150), wash(20, None, 0, 150)]
    assert judge_nozzles("shampoo", uses, LIMITS) == []


def test_a_refill_over_several_minutes_is_one_rise() -> None:
    [rise] = rises_of(steps_of(levels([1_000, 1_000, 1_300, 5_000, 9_000, 9_000, 8_900])), LIMITS)
    assert (rise.since, rise.at, rise.before_ml, rise.after_ml) == (at(1), at(4), 1_000, 9_000)


@pytest.mark.parametrize(
    ("recorded", "minutes_later", "flagged"),
    [([], 119, 0), ([], 121, 1), ([at(-60)], 121, 0), ([at(90)], 121, 0), ([at(-130)], 121, 1)],
)
def test_a_rise_without_a_record_is_told_once_the_time_for_one_is_over(
    recorded: list[datetime], minutes_later: int, flagged: int
) -> None:
    rises = rises_of(steps_of(levels([1_000, 9_000])), LIMITS)
    assert len(unrecorded(rises, recorded, LIMITS, at(1 + minutes_later))) == flagged
