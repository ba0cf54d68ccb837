"""When a station is open: spans of each weekday, other ones on dates, in the time of the place. Pure.

A span belongs to the day on which it begins; one that ends before it begins goes over midnight. Spans
that touch are one stretch. Without any hours a station is always open.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = 24 * 60
LOOK_AHEAD_DAYS = 400
NO_END_DAYS = 8  # a stretch this long is every day's
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})")  # noqa: RUF001 - people type the dash, too


@dataclass(frozen=True, order=True)
class Span:
    """From and to, in minutes after the midnight that begins the day; beyond 1,440 it is the next day."""

    opens: int
    closes: int

    def __str__(self) -> str:
        closes = self.closes if self.closes <= DAY else self.closes - DAY
        return f"{_clock(self.opens)}-{_clock(closes)}"


ALL_DAY = (Span(0, DAY),)


def parse_spans(text: str) -> tuple[Span, ...]:
    """Read what people write: `08:00-12:00, 14:00-20:00`, `20:00-02:00`, `open` all day, or `closed`.

    Raises: ValueError with a sentence.
    """
    said = text.strip().lower()
    if said in ("open", "closed"):
        return ALL_DAY if said == "open" else ()
    spans = tuple(sorted(_span(part.strip()) for part in said.split(",")))
    if any(later.opens < earlier.closes for earlier, later in pairwise(spans)):
        raise ValueError("The spans overlap.")
    return spans


def write_spans(spans: Iterable[Span]) -> str:
    """Write spans as `parse_spans` reads them."""
    written = tuple(spans)
    return "open" if written == ALL_DAY else ", ".join(map(str, written)) or "closed"


@dataclass(frozen=True)
class Opening:
    """A moment: open until then (None: no end in sight), or closed until then (None: nobody knows)."""

    is_open: bool
    closes_at: datetime | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True)
class Hours:
    """The hours of one station; `week` begins with Monday and is None where it is always open."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...] | None = None
    dates: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    @classmethod
    def from_row(cls, zone: str, row: Mapping[str, Any]) -> Self:
        """Read what `as_row` wrote."""
        week = tuple(_read(row["week"][name]) for name in WEEKDAYS) if "week" in row else None
        dates = {date.fromisoformat(day): _read(spans) for day, spans in row.get("dates", {}).items()}
        return cls(ZoneInfo(zone), week, dates)

    def as_row(self) -> dict[str, Any]:
        """Return the hours for the database; always open is empty."""
        row: dict[str, Any] = {}
        if self.week is not None and any(spans != ALL_DAY for spans in self.week):
            row["week"] = {name: _rows(spans) for name, spans in zip(WEEKDAYS, self.week, strict=True)}
        if self.dates:
            row["dates"] = {day.isoformat(): _rows(spans) for day, spans in sorted(self.dates.items())}
        return row

    def spans_of(self, day: date) -> tuple[Span, ...]:
        """Return the spans that begin on a day: the date's own, else its weekday's."""
        if day in self.dates:
            return self.dates[day]
        return ALL_DAY if self.week is None else self.week[day.weekday()]

    def at(self, now: datetime) -> Opening:
        """Tell whether it is open now, and when that changes."""
        if self.week is None and not self.dates:
            return Opening(is_open=True)
        begin = end = now - timedelta(days=LOOK_AHEAD_DAYS)
        for opens, closes in self._spans_from(now):
            if opens <= end:
                end = max(end, closes)
            elif end > now:
                return Opening(is_open=True, closes_at=end)
            else:
                begin, end = opens, closes
            if begin > now:
                return Opening(is_open=False, opens_at=begin)
            if end > now + timedelta(days=NO_END_DAYS):
                return Opening(is_open=True)
        return Opening(is_open=end > now, closes_at=end if end > now else None)

    def _spans_from(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans around and after now as instants, in order."""
        today = now.astimezone(self.zone).date()
        for ahead in range(-2, LOOK_AHEAD_DAYS):
            day = today + timedelta(days=ahead)
            for span in self.spans_of(day):
                opens = _instant(self.zone, day, span.opens, last=False)
                closes = _instant(self.zone, day, span.closes, last=True)
                if opens < closes:  # not one that daylight saving skips whole
                    yield opens, closes


def _instant(zone: ZoneInfo, day: date, minutes: int, *, last: bool) -> datetime:
    """Return when the clocks of a place show a time: of two such instants the first or the last.

    A time that daylight saving skips is the instant of the jump.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if last else first
    low, high = second, first  # skipped: the jump lies between the two readings
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)


def _span(part: str) -> Span:
    found = _SPAN.fullmatch(part)
    if found is None:
        raise ValueError(f"{part or 'Nothing'} is not like 08:00-20:00, open or closed.")
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if from_minute > 59 or to_minute > 59 or opens >= DAY or closes > DAY:
        raise ValueError(f"{part} has a time that no clock shows.")
    return Span(opens, closes if closes > opens else closes + DAY)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _rows(spans: Iterable[Span]) -> list[list[int]]:
    return [[span.opens, span.closes] for span in spans]


def _read(rows: Iterable[Iterable[int]]) -> tuple[Span, ...]:
    return tuple(Span(*row) for row in rows)
