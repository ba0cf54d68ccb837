"""When will a tank be empty? The median of recent days, and the sentence that explains it. Pure.

The median, because one day with a leak, a festival or a closed station must not move the plan. A profile by weekday is
taken only where it would have foretold the past clearly better than one figure for all days.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

DAYS = 14
LEAST_DAYS = 3
FURTHEST_DAYS = 365
CLEARLY_BETTER = 0.8
"""The weekday profile has to miss by a fifth less than the plain median does."""
WEEKDAY = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True)
class DayUse:
    """What left a tank on one whole day."""

    day: date
    ml: int


@dataclass(frozen=True)
class Forecast:
    """Days until the tank is empty, and why; `days_left` is None when nobody can say.

    `daily_ml` is the use of a usual day. `days_left` is rounded down to a tenth.
    """

    days_left: float | None
    daily_ml: int
    reason: str


def forecast(level_ml: int, history: Sequence[DayUse], today: date) -> Forecast:
    """Foretell from the whole days of the last two weeks before today, at least three of them."""
    since = today - timedelta(days=DAYS)
    days = sorted((day for day in history if since <= day.day < today), key=lambda day: day.day)
    if len(days) < LEAST_DAYS:
        return Forecast(None, 0, f"{len(days)} whole days are known; {LEAST_DAYS} are needed.")
    usual = max(0, round(median(day.ml for day in days)))
    if level_ml <= 0:
        return Forecast(0.0, usual, "The tank is empty.")
    if _weekdays_differ(days):
        return _by_weekday(level_ml, days, today, usual)
    if usual == 0:
        return Forecast(None, 0, f"On most of the last {len(days)} known days nothing was used.")
    reason = f"{level_ml:,} ml are left; a usual day takes {usual:,} ml (the median of {len(days)} days)."
    return Forecast(_tenths(level_ml / usual), usual, reason)


def _weekdays_differ(days: Sequence[DayUse]) -> bool:
    """Whether the same weekday of the other week foretells a day clearly better than all other days do."""
    plain = profile = 0.0
    for day in days:
        others = [one for one in days if one is not day]
        same = [one.ml for one in others if one.day.weekday() == day.day.weekday()]
        if not same:
            return False
        plain += abs(day.ml - median(one.ml for one in others))
        profile += abs(day.ml - median(same))
    return profile < plain * CLEARLY_BETTER


def _by_weekday(level_ml: int, days: Sequence[DayUse], today: date, usual: int) -> Forecast:
    profile = [max(0.0, median(one.ml for one in days if one.day.weekday() == number)) for number in range(7)]
    busiest = max(range(7), key=lambda number: profile[number])
    reason = (
        f"{level_ml:,} ml are left; weekdays differ (busiest: {WEEKDAY[busiest]} with {profile[busiest]:,.0f} ml), "
        f"so each day takes what its weekday took in the last {len(days)} days."
    )
    left, days_left = float(level_ml), 0.0
    for ahead in range(FURTHEST_DAYS):
        takes = profile[(today + timedelta(days=ahead)).weekday()]
        if takes >= left:
            return Forecast(_tenths(days_left + left / takes), usual, reason)
        left, days_left = left - takes, days_left + 1
    if not any(profile):
        return Forecast(None, 0, f"On most of the last {len(days)} known days nothing was used.")
    return Forecast(float(FURTHEST_DAYS), usual, reason)


def _tenths(days: float) -> float:
    return min(float(FURTHEST_DAYS), int(days * 10) / 10)
