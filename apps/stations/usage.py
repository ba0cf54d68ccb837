"""Reads of what went through the tanks of some stations in a window of time: level changes, washes, refills.

A constant number of queries however many stations, and no sample leaves the database unless the level changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from apps.stations.chemistry import Step, Use
from apps.stations.models import Refill, StationEvent, Tank, Wash

MINUTE = timedelta(minutes=1)
LONGEST_WASH = timedelta(days=1)

CHANGES = """
SELECT tank_id, before_minute, minute, before_ml, level_ml
  FROM (SELECT sample.tank_id, sample.minute, sample.level_ml,
               lag(sample.minute) OVER tank AS before_minute, lag(sample.level_ml) OVER tank AS before_ml
          FROM stations_tanksample AS sample
          JOIN stations_tank ON stations_tank.id = sample.tank_id
         WHERE stations_tank.station_id = ANY(%s) AND sample.minute >= %s AND sample.minute < %s
        WINDOW tank AS (PARTITION BY sample.tank_id ORDER BY sample.minute)) AS neighbours
 WHERE before_ml <> level_ml
 ORDER BY tank_id, minute
"""


@dataclass
class TankWindow:
    """One tank in a window: how its level changed, the washes of its station, its recorded refills."""

    tank: Tank
    steps: list[Step] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    refilled_at: list[datetime] = field(default_factory=list)


def read_windows(stations: Iterable[int], since: datetime, until: datetime) -> list[TankWindow]:
    """Return a window of each tank of the stations (by key), by tank key.

    The last sample before the window counts as its first level; washes that overlap the window are all there.
    """
    keys = sorted(stations)
    windows = {
        tank.pk: TankWindow(tank)
        for tank in Tank.objects.filter(station__in=keys).select_related("station").order_by("pk")
    }
    for tank_id, step in _steps(keys, since, until):
        windows[tank_id].steps.append(step)
    refills = Refill.objects.filter(tank__in=windows, at__gte=since - LONGEST_WASH).values_list("tank_id", "at")
    for tank_id, at in refills:
        windows[tank_id].refilled_at.append(at)
    washes = _washes(keys, since, until)
    used = _used(washes)
    by_station: dict[int, list[Wash]] = defaultdict(list)
    for wash in washes:
        by_station[wash.bay.station_id].append(wash)
    for window in windows.values():
        chemical = window.tank.chemical
        rows = by_station[window.tank.station_id]
        window.uses = [_use(wash, chemical, used) for wash in rows if wash.program.ml.get(chemical)]
    return list(windows.values())


def _steps(keys: Sequence[int], since: datetime, until: datetime) -> list[tuple[int, Step]]:
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, [list(keys), since - MINUTE, until])
        return [(row[0], Step(*row[1:])) for row in cursor.fetchall()]


def _washes(keys: Sequence[int], since: datetime, until: datetime) -> list[Wash]:
    overlapping = Q(ended_at=None) | Q(ended_at__gte=since)
    washes = Wash.objects.filter(
        overlapping, bay__station__in=keys, started_at__gte=since - LONGEST_WASH, started_at__lt=until
    )
    return list(washes.select_related("bay", "program").order_by("pk"))


def _used(washes: Sequence[Wash]) -> dict[tuple[int, str], int]:
    """Return the millilitres that each wash reported of each chemical: a bay's events of it count up."""
    at_bay: dict[tuple[int, int | None, str], int] = defaultdict(int)
    rows = StationEvent.objects.filter(wash__in=[wash.pk for wash in washes]).order_by()
    for wash_id, bay_id, payload in rows.values_list("wash_id", "bay_id", "payload"):
        for chemical, ml in payload.get("ml_used", {}).items():
            at_bay[wash_id, bay_id, chemical] = max(at_bay[wash_id, bay_id, chemical], int(ml))
    used: dict[tuple[int, str], int] = defaultdict(int)
    for (wash_id, _, chemical), ml in at_bay.items():
        used[wash_id, chemical] += ml
    return used


def _use(wash: Wash, chemical: str, used: dict[tuple[int, str], int]) -> Use:
    """A wash that runs is expected to take what it was sold, one that ended what its seconds take."""
    seconds = wash.seconds_used if wash.ended_at else wash.total_seconds
    assert wash.started_at is not None
    return Use(
        bay=wash.bay.number,
        started_at=wash.started_at,
        ended_at=wash.ended_at,
        used_ml=used.get((wash.pk, chemical), 0),
        expected_ml=wash.program.ml[chemical] * seconds // wash.program.seconds,
    )
