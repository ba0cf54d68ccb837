"""The periods of statements: whole local weeks or months, without gap or overlap. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.commission.types import Cadence

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Period:
    """Local days from `first` to `last`, both included; as instants, `end` is excluded."""

    first: date
    last: date
    start: datetime
    end: datetime


def period_of(instant: datetime, cadence: Cadence, zone: ZoneInfo) -> Period:
    """Return the period in which an instant lies, by the calendar of a place.

    Days change at local midnight, so a period with a change of clocks has an hour more or less.
    """
    today = instant.astimezone(zone).date()
    if cadence == Cadence.WEEKLY:
        first = today - timedelta(days=today.weekday())
        after = first + WEEK
    else:
        first = today.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    return Period(first, after - timedelta(days=1), _midnight(first, zone), _midnight(after, zone))


def year_of(year: int, zone: ZoneInfo) -> Period:
    """Return a calendar year of a place, as tax forms ask for it."""
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    return Period(first, after - timedelta(days=1), _midnight(first, zone), _midnight(after, zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
