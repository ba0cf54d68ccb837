"""When a station is open: set by Operations with a reason, in force at once for what is sold from then on."""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction

from apps.accounts.models import User
from apps.common import audit
from apps.common.errors import InvalidInput, NotFound
from apps.stations.hours import WEEKDAYS, Hours, Span, parse_spans
from apps.stations.models import Station

MOST_DATES = 100


def set_hours(
    actor: User, slug: str, *, timezone: str, week: Mapping[str, str], dates: str = "", reason: str
) -> Station:
    """Set the hours of each weekday, and of dates that differ, one a line: `2026-12-25 closed`.

    A wash that runs goes on, whatever is set.
    Raises: NotFound; InvalidInput that names the field.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why.")
    hours = Hours(_zone(timezone), tuple(_spans(name, week.get(name, "")) for name in WEEKDAYS), _dates(dates))
    row = hours.as_row()
    with transaction.atomic(durable=True):
        station = Station.objects.select_for_update(no_key=True).filter(slug=slug).first()
        if station is None:
            raise NotFound("not_found", "There is no such station.")
        if (station.timezone, station.hours) != (timezone, row):
            before = {"timezone_before": station.timezone, "hours_before": station.hours}
            audit.record(actor, "station.hours_set", slug, reason=reason, timezone=timezone, hours=row, **before)
            station.timezone, station.hours = timezone, row
            station.save(update_fields=["timezone", "hours"])
        return station


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise InvalidInput.field("timezone", "Give a name such as America/New_York.")
    return ZoneInfo(name)


def _spans(field: str, text: str) -> tuple[Span, ...]:
    try:
        return parse_spans(text)
    except ValueError as error:
        raise InvalidInput.field(field, str(error)) from error


def _dates(text: str) -> dict[date, tuple[Span, ...]]:
    dates: dict[date, tuple[Span, ...]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        day, _, spans = line.partition(" ")
        try:
            on = date.fromisoformat(day)
        except ValueError as error:
            raise InvalidInput.field("dates", f"{line}: begin with a date such as 2026-12-25.") from error
        if on in dates:
            raise InvalidInput.field("dates", f"{on} stands there twice.")
        dates[on] = _spans("dates", spans)
    if len(dates) > MOST_DATES:
        raise InvalidInput.field("dates", f"Give {MOST_DATES} dates at most; remove those that are over.")
    return dates
