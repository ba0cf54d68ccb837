"""Days until a tank is empty: the median of recent days, explained, and honest about what it does not know."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from apps.stations.forecast import DayUse, forecast

TODAY = date(2026, 3, 16)  # a Monday


def days(*used: int) -> list[DayUse]:
    """The last days before today, the newest last."""
    return [DayUse(TODAY - timedelta(days=len(used) - n), ml) for n, ml in enumerate(used)]


def test_a_usual_day_is_the_median_of_the_last_days() -> None:
    answer = forecast(3_000, days(900, 1_000, 5_000), TODAY)
    assert (answer.days_left, answer.daily_ml) == (3.0, 1_000)
    assert answer.reason == "3,000 ml are left; a usual day takes 1,000 ml (the median of 3 days)."


def test_two_days_are_not_enough() -> None:
    answer = forecast(3_000, days(900, 1_000), TODAY)
    assert (answer.days_left, answer.reason) == (None, "2 whole days are known; 3 are needed.")


def test_today_and_days_before_the_last_two_weeks_do_not_count() -> None:
    old = [DayUse(TODAY - timedelta(days=n), 9_000) for n in (15, 16, 17)]
    today = [DayUse(TODAY, 9_000)]
    assert forecast(3_000, [*old, *today, *days(10, 10)], TODAY).days_left is None


def test_an_empty_tank_is_empty_and_an_idle_one_lasts() -> None:
    assert forecast(0, days(100, 100, 100), TODAY).days_left == 0.0
    idle = forecast(500, days(0, 0, 100), TODAY)
    assert (idle.days_left, idle.reason) == (None, "On most of the last 3 known days nothing was used.")


def test_weekdays_are_told_apart_where_they_repeat_clearly() -> None:
    week = [200, 200, 200, 200, 200, 2_000, 2_000]
    answer = forecast(5_000, days(*week, *week), TODAY)
    # Monday to Friday take 1,000, Saturday and Sunday 4,000: the tank is empty with the Sunday.
    assert answer.days_left == 7.0
    assert "weekdays differ (busiest: Saturdays with 2,000 ml)" in answer.reason


def test_days_that_only_scatter_are_not_told_apart() -> None:
    answer = forecast(5_000, days(500, 480, 520, 510, 490, 505, 495, 515, 485, 500, 520, 490, 500, 510), TODAY)
    assert "the median of 14 days" in answer.reason


@given(st.integers(0, 100_000), st.lists(st.integers(0, 20_000), max_size=14))
def test_any_history_gives_a_sane_answer(level: int, used: list[int]) -> None:
    answer = forecast(level, days(*used), TODAY)
    assert answer.days_left is None or 0 <= answer.days_left <= 365
    assert answer.daily_ml >= 0
    assert answer.reason


@given(st.integers(1, 100_000), st.lists(st.integers(1, 20_000), min_size=3, max_size=13))
def test_more_in_the_tank_never_lasts_shorter(level: int, used: list[int]) -> None:
    less, more = forecast(level, days(*used), TODAY), forecast(level * 2, days(*used), TODAY)
    assert less.days_left is not None
    assert more.days_left is not None
    assert less.days_left <= more.days_left
