"""When a stay begins and ends: nights are dates, instants follow from the place's clock. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.bookings.types import Service

LONGEST_STAY = 60
FURTHEST_AHEAD = timedelta(days=540)

# House policy: arrival and departure of overnight stays, opening hours of a day of day care.
_OVERNIGHT = (time(14, 0), time(12, 0))
_BY_DAY = (time(8, 0), time(18, 0))


def nights_of(service: Service, start: date, end: date) -> tuple[date, ...]:
    """Return the nights of a stay: from the first to the one before `end`.

    Day care counts days, and both `start` and `end` are among them. Empty when `end` is too early.
    """
    last = end if service == Service.DAY_CARE else end - timedelta(days=1)
    return tuple(start + timedelta(days=index) for index in range((last - start).days + 1))


def stay_instants(service: Service, start: date, end: date, zone: str) -> tuple[datetime, datetime]:
    """Return the scheduled start and end of a stay, with the offset of the place on each day."""
    begins, ends = _BY_DAY if service == Service.DAY_CARE else _OVERNIGHT
    place = ZoneInfo(zone)
    return (
        datetime.combine(start, begins, tzinfo=place),
        datetime.combine(end, ends, tzinfo=place),
    )


def local_date(instant: datetime, zone: str) -> date:
    """Return the date on the calendar of the place."""
    return instant.astimezone(ZoneInfo(zone)).date()
