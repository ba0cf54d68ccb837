"""A station's last seven days for its charts: levels by the hour, washes begun in each hour. Four queries."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncHour

from apps.common.clock import real_now
from apps.common.errors import NotFound
from apps.stations.forecast import Forecast
from apps.stations.models import Station, Tank, Wash
from apps.stations.refill_plan import forecasts

HOURS = 7 * 24

HOURLY = """
SELECT tank_id, date_bin('1 hour', minute, %s), (array_agg(level_ml ORDER BY minute DESC))[1]
  FROM stations_tanksample
 WHERE tank_id = ANY(%s) AND minute >= %s AND minute < %s
 GROUP BY 1, 2
"""


@dataclass(frozen=True)
class TankSeries:
    """A tank's last level in each hour, in millilitres; None where nobody knew it."""

    tank: Tank
    levels: list[int | None]
    forecast: Forecast


@dataclass(frozen=True)
class StationFigures:
    """Hours (their first instants, UTC, the oldest first), and what belongs to each."""

    station: Station
    hours: list[datetime]
    tanks: list[TankSeries]
    washes: list[int]


def station_figures(slug: str, now: datetime | None = None) -> StationFigures:
    """Return the last 168 hours of a station, the current one included.

    Raises: NotFound.
    """
    station = Station.objects.filter(slug=slug).first()
    if station is None:
        raise NotFound("not_found", "There is no such station.")
    now = now or real_now()
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = [last - timedelta(hours=ago) for ago in range(HOURS - 1, -1, -1)]
    tanks = list(station.tanks.order_by("chemical"))
    levels = _levels([tank.pk for tank in tanks], hours[0], last + timedelta(hours=1))
    expected = forecasts(tanks, now.date())
    series = [TankSeries(t, [levels.get((t.pk, hour)) for hour in hours], expected[t.pk]) for t in tanks]
    begun = _washes(station, hours[0])
    return StationFigures(station, hours, series, [begun.get(hour, 0) for hour in hours])


def as_json(figures: StationFigures) -> dict[str, object]:
    """Return the same numbers for a program."""
    return {
        "station": figures.station.slug,
        "hours": [hour.isoformat() for hour in figures.hours],
        "washes": figures.washes,
        "tanks": [
            {
                "chemical": series.tank.chemical,
                "capacity_ml": series.tank.capacity_ml,
                "levels_ml": series.levels,
                "days_left": series.forecast.days_left,
                "why": series.forecast.reason,
            }
            for series in figures.tanks
        ],
    }


def _levels(tanks: list[int], since: datetime, until: datetime) -> dict[tuple[int, datetime], int]:
    with connection.cursor() as cursor:
        cursor.execute(HOURLY, [since, tanks, since, until])
        return {(tank, hour): level for tank, hour, level in cursor.fetchall()}


def _washes(station: Station, since: datetime) -> dict[datetime, int]:
    washes = Wash.objects.filter(bay__station=station, started_at__gte=since).order_by()
    rows = washes.annotate(hour=TruncHour("started_at", tzinfo=UTC)).values_list("hour").annotate(number=Count("id"))
    return dict(rows)
