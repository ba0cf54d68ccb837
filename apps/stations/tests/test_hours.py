"""When a station is open: days, nights, holidays, and the two days on which clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.stations.hours import ALL_DAY, Hours, Opening, Span, parse_spans, write_spans

NEW_YORK = ZoneInfo("America/New_York")
DAYTIME = tuple(parse_spans("08:00-12:00, 14:00-20:00") for _ in range(7))


def local(text: str, zone: ZoneInfo = NEW_YORK, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(**days: str) -> Hours:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return Hours(NEW_YORK, tuple(parse_spans(days.get(name, "closed")) for name in names))


@pytest.mark.parametrize(
    ("text", "spans", "written"),
    [
        ("08:00-20:00", (Span(480, 1200),), "08:00-20:00"),
        ("14:00 - 20:00,8:00-12:00", (Span(480, 720), Span(840, 1200)), "08:00-12:00, 14:00-20:00"),
        ("20:00-02:00", (Span(1200, 1560),), "20:00-02:00"),
        ("00:00-24:00", ALL_DAY, "open"),
        ("00:00-00:00", ALL_DAY, "open"),
        ("Open", ALL_DAY, "open"),
        ("closed", (), "closed"),
        ("20:00-24:00", (Span(1200, 1440),), "20:00-24:00"),
    ],
)
def test_spans_are_read_and_written(text: str, spans: tuple[Span, ...], written: str) -> None:
    assert parse_spans(text) == spans
    assert write_spans(spans) == written
    assert parse_spans(written) == spans


@pytest.mark.parametrize(
    "text", ["", "8-20", "08:00", "24:00-25:00", "08:60-09:00", "08:00-12:00, 11:00-13:00", "08:00-24:01", "08:00-,"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not like|no clock shows|overlap"):
        parse_spans(text)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-06-01T07:59", Opening(is_open=False, opens_at=local("2026-06-01T08:00"))),
        ("2026-06-01T08:00", Opening(is_open=True, closes_at=local("2026-06-01T12:00"))),
        ("2026-06-01T11:59", Opening(is_open=True, closes_at=local("2026-06-01T12:00"))),
        ("2026-06-01T12:00", Opening(is_open=False, opens_at=local("2026-06-01T14:00"))),
        ("2026-06-01T20:00", Opening(is_open=False, opens_at=local("2026-06-02T08:00"))),
    ],
)
def test_a_day_with_a_break(now: str, expected: Opening) -> None:
    assert Hours(NEW_YORK, DAYTIME).at(local(now)) == expected


def test_without_hours_it_is_always_open() -> None:
    assert Hours(NEW_YORK).at(local("2026-06-01T03:00")) == Opening(is_open=True)


def test_days_that_are_open_throughout_have_no_end() -> None:
    assert Hours(NEW_YORK, (ALL_DAY,) * 7).at(local("2026-06-01T23:59")) == Opening(is_open=True)


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    hours = weekly(friday="20:00-02:00")
    assert hours.at(local("2026-06-06T01:59")) == Opening(is_open=True, closes_at=local("2026-06-06T02:00"))
    assert hours.at(local("2026-06-06T02:00")) == Opening(is_open=False, opens_at=local("2026-06-12T20:00"))


def test_spans_that_touch_at_midnight_are_one() -> None:
    hours = weekly(friday="20:00-24:00", saturday="00:00-03:00")
    assert hours.at(local("2026-06-05T23:59")).closes_at == local("2026-06-06T03:00")


def test_a_date_of_its_own_replaces_its_weekday_and_keeps_the_night_before() -> None:
    holiday, short = date(2026, 6, 6), date(2026, 6, 8)
    week = tuple(parse_spans("20:00-02:00") for _ in range(7))
    hours = Hours(NEW_YORK, week, {holiday: (), short: parse_spans("10:00-11:00")})
    assert hours.at(local("2026-06-06T01:00")).is_open
    assert hours.at(local("2026-06-06T21:00")) == Opening(is_open=False, opens_at=local("2026-06-07T20:00"))
    assert hours.at(local("2026-06-08T02:00")) == Opening(is_open=False, opens_at=local("2026-06-08T10:00"))


def test_a_holiday_of_a_station_that_is_always_open() -> None:
    hours = Hours(NEW_YORK, None, {date(2026, 12, 25): ()})
    assert hours.at(local("2026-12-24T23:00")).closes_at == local("2026-12-25T00:00")
    assert hours.at(local("2026-12-25T12:00")) == Opening(is_open=False, opens_at=local("2026-12-26T00:00"))
    assert hours.at(local("2026-12-01T12:00")) == Opening(is_open=True)


def test_a_station_that_never_opens_says_so() -> None:
    assert weekly().at(local("2026-06-01T12:00")) == Opening(is_open=False)


@pytest.mark.parametrize(
    ("spans", "opens", "closes"),
    [
        ("01:30-04:00", "2026-03-08T06:30", "2026-03-08T08:00"),  # an hour shorter than it looks
        ("01:00-02:30", "2026-03-08T06:00", "2026-03-08T07:00"),  # 02:30 is skipped: until the jump
        ("02:30-06:00", "2026-03-08T07:00", "2026-03-08T10:00"),
        ("00:00-24:00", "2026-03-08T05:00", "2026-03-09T04:00"),  # 23 hours
    ],
)
def test_the_day_that_has_no_two_oclock(spans: str, opens: str, closes: str) -> None:
    hours = weekly(sunday=spans)
    assert hours.at(utc(opens) - timedelta(seconds=1)) == Opening(is_open=False, opens_at=utc(opens))
    assert hours.at(utc(opens)) == Opening(is_open=True, closes_at=utc(closes))
    assert not hours.at(utc(closes)).is_open


def test_a_span_that_is_skipped_whole_does_not_open() -> None:
    assert weekly(sunday="02:15-02:45").at(utc("2026-03-08T06:59")).opens_at == local("2026-03-15T02:15")


@pytest.mark.parametrize(
    ("spans", "opens", "closes"),
    [
        ("00:00-01:30", "2026-11-01T04:00", "2026-11-01T06:30"),  # until the second 01:30
        ("01:30-05:00", "2026-11-01T05:30", "2026-11-01T10:00"),  # from the first 01:30
        ("00:00-24:00", "2026-11-01T04:00", "2026-11-02T05:00"),  # 25 hours
    ],
)
def test_the_day_that_has_one_oclock_twice(spans: str, opens: str, closes: str) -> None:
    hours = weekly(sunday=spans)
    assert hours.at(utc(opens) - timedelta(seconds=1)) == Opening(is_open=False, opens_at=utc(opens))
    assert hours.at(utc(closes) - timedelta(seconds=1)) == Opening(is_open=True, closes_at=utc(closes))
    assert not hours.at(utc(closes)).is_open


def test_a_night_over_the_change_of_clocks() -> None:
    hours = weekly(saturday="20:00-03:00")
    assert hours.at(utc("2026-11-01T01:00")).closes_at == utc("2026-11-01T08:00")
    assert hours.at(utc("2026-03-08T02:00")).closes_at == utc("2026-03-08T07:00")


def test_what_the_database_keeps_reads_back_and_always_open_is_nothing() -> None:
    hours = Hours(NEW_YORK, DAYTIME, {date(2026, 12, 25): ()})
    assert Hours.from_row("America/New_York", hours.as_row()) == hours
    assert Hours(NEW_YORK, (ALL_DAY,) * 7).as_row() == {}


_MINUTES = st.integers(0, 1439)
_DAY_SPANS = st.lists(_MINUTES, min_size=0, max_size=4, unique=True).map(
    lambda edges: tuple(Span(a, b) for a, b in zip(*[iter(sorted(edges)[: len(edges) // 2 * 2])] * 2, strict=True))
)


@given(
    st.lists(_DAY_SPANS, min_size=7, max_size=7).map(tuple),
    st.integers(0, 365 * 24 * 60).map(lambda minutes: utc("2026-01-01") + timedelta(minutes=minutes)),
    st.sampled_from(["America/New_York", "America/Santiago", "Asia/Kathmandu", "Europe/London", "UTC"]),
)
def test_the_moment_named_is_the_one_that_changes_it(week, now: datetime, zone: str) -> None:
    hours = Hours(ZoneInfo(zone), week)
    said = hours.at(now)
    change = said.closes_at if said.is_open else said.opens_at
    if change is None:
        assert said.is_open or not any(week)
        return
    assert change > now
    assert hours.at(change - timedelta(seconds=1)).is_open is said.is_open
    assert hours.at(change).is_open is not said.is_open
