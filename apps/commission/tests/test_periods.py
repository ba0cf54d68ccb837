"""Periods follow the calendar of a place, without gap or overlap."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.commission.periods import period_of, year_of
from apps.commission.types import Cadence

ZONES = [ZoneInfo(name) for name in ("UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")]
instants = st.integers(1_577_836_800, 2_208_988_800).map(lambda second: datetime.fromtimestamp(second, UTC))


@given(instants, st.sampled_from(Cadence), st.sampled_from(ZONES))
def test_each_instant_lies_in_one_period_and_the_next_begins_where_it_ends(
    instant: datetime, cadence: Cadence, zone: ZoneInfo
) -> None:
    here = period_of(instant, cadence, zone)
    after = period_of(here.end, cadence, zone)
    assert here.start <= instant < here.end
    assert after.start == here.end
    assert after.first == here.last + timedelta(days=1)


@pytest.mark.parametrize(
    ("cadence", "first", "last"),
    [(Cadence.WEEKLY, date(2026, 10, 26), date(2026, 11, 1)), (Cadence.MONTHLY, date(2026, 11, 1), date(2026, 11, 30))],
)
def test_a_week_begins_on_monday_and_a_month_on_the_first(cadence: Cadence, first: date, last: date) -> None:
    period = period_of(datetime(2026, 11, 1, 12, tzinfo=UTC), cadence, ZoneInfo("UTC"))
    assert (period.first, period.last) == (first, last)


def test_the_week_of_a_change_of_clocks_has_another_length() -> None:
    spring = period_of(datetime(2026, 3, 8, 12, tzinfo=UTC), Cadence.WEEKLY, ZoneInfo("America/New_York"))
    assert spring.end.astimezone(UTC) - spring.start.astimezone(UTC) == timedelta(days=7, hours=-1)


def test_a_year_is_the_places_own() -> None:
    year = year_of(2026, ZoneInfo("Pacific/Auckland"))
    assert year.start.astimezone(UTC) == datetime(2025, 12, 31, 11, tzinfo=UTC)
    assert year.end.astimezone(UTC) == datetime(2026, 12, 31, 11, tzinfo=UTC)
