"""The refill list: which tanks to fill, how much, in which order, by zone; three queries, however many stations."""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.common.clock import real_now
from apps.common.tables import plain_cell
from apps.stations.forecast import DAYS, DayUse, Forecast, forecast
from apps.stations.models import Tank, TankDay
from apps.stations.states import TankStatus
from apps.stations.words import chemical_name

WITHIN_DAYS = 7
HALF_A_DAY = 720
"""Samples from which on a day's level tells its use better than the words of the bays."""
LOW = (TankStatus.WARNING, TankStatus.CRITICAL)
COLUMNS = ("zone", "station", "name", "place", "tank", "level_ml", "level_pct", "fill_ml", "days_left", "why")


@dataclass(frozen=True)
class RefillLine:
    """One tank of the list; millilitres. `days_left` is None when nobody can say."""

    zone: str
    station: str
    name: str
    place: str
    chemical: str
    status: str
    level_ml: int
    level_pct: int
    fill_ml: int
    days_left: float | None
    reason: str

    @property
    def tank(self) -> str:
        """What people call the tank."""
        return chemical_name(self.chemical)


@dataclass(frozen=True)
class Tour:
    """The tanks of one zone, the most urgent first."""

    zone: str
    lines: list[RefillLine]

    @property
    def fill_ml(self) -> int:
        """What the driver has to load for it."""
        return sum(line.fill_ml for line in self.lines)


def forecasts(tanks: Sequence[Tank], today: date) -> dict[int, Forecast]:
    """Return the forecast of each tank by its key, from the last 14 whole days."""
    history: dict[int, list[DayUse]] = defaultdict(list)
    rows = TankDay.objects.filter(
        tank__in=[tank.pk for tank in tanks], day__gte=today - timedelta(days=DAYS), day__lt=today
    )
    for row in rows:
        if row.samples or row.washes:
            used = row.fall_ml if row.samples >= HALF_A_DAY else row.used_ml
            history[row.tank_id].append(DayUse(row.day, max(0, used)))
    return {tank.pk: forecast(tank.level_ml, history[tank.pk], today) for tank in tanks}


def refill_plan(within_days: float = WITHIN_DAYS) -> list[Tour]:
    """Return the tanks that are low or empty within so many days, by zone; the most urgent zone and tank first."""
    known = Tank.objects.filter(station__revoked_at=None).exclude(status=TankStatus.UNKNOWN)
    tanks = list(known.select_related("station").order_by("station__slug", "chemical"))
    expected = forecasts(tanks, real_now().date())
    tours: dict[str, list[RefillLine]] = defaultdict(list)
    for tank in tanks:
        line = _line(tank, expected[tank.pk])
        soon = line.days_left is not None and line.days_left <= within_days
        if line.fill_ml and (soon or line.status in LOW):
            tours[line.zone].append(line)
    found = [Tour(zone, sorted(lines, key=_urgency)) for zone, lines in tours.items()]
    return sorted(found, key=lambda tour: (_urgency(tour.lines[0]), tour.zone))


def as_csv(tours: Sequence[Tour]) -> str:
    """Return the list as CSV, one tank a line; a text that a spreadsheet would take for a formula is quoted."""
    paper = io.StringIO()
    writer = csv.writer(paper)
    writer.writerow(COLUMNS)
    for line in (line for tour in tours for line in tour.lines):
        texts = [plain_cell(text) for text in (line.zone, line.station, line.name, line.place, line.chemical)]
        days = "" if line.days_left is None else line.days_left
        writer.writerow([*texts, line.level_ml, line.level_pct, line.fill_ml, days, plain_cell(line.reason)])
    return paper.getvalue()


def _line(tank: Tank, expected: Forecast) -> RefillLine:
    return RefillLine(
        zone=tank.station.zone,
        station=tank.station.slug,
        name=tank.station.name,
        place=tank.station.place,
        chemical=tank.chemical,
        status=tank.status,
        level_ml=tank.level_ml,
        level_pct=tank.level_pct,
        fill_ml=tank.capacity_ml - tank.level_ml,
        days_left=expected.days_left,
        reason=expected.reason,
    )


def _urgency(line: RefillLine) -> tuple[int, float, int, str, str]:
    """A critical tank goes first, then the fewest days, then the lowest level."""
    days = line.days_left if line.days_left is not None else float("inf")
    return (line.status != TankStatus.CRITICAL, days, line.level_pct, line.station, line.chemical)
