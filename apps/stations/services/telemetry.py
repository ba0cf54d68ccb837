"""States of bays and levels of tanks: only the newest of a batch, only if newer than the row.

One UPDATE per kind and batch, ordered by key, so that a storm of a thousand messages costs two
statements; what changed beyond the numbers (a fault, a threshold, a paused wash) follows by row.

Most of what stations say is what they said before: only what changes the public picture is shown again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.common.db import require_transaction
from apps.stations.levels import judge
from apps.stations.models import Bay, Tank
from apps.stations.protocol import messages
from apps.stations.protocol.messages import BayStatus
from apps.stations.services import alerts, lifecycle
from apps.stations.services.moves import lock_wash
from apps.stations.states import Severity, TankStatus


@dataclass(frozen=True)
class BayReport:
    """A state message and the bay that it speaks of."""

    bay: Bay
    state: messages.BayState


@dataclass(frozen=True)
class TankReport:
    """A level message and the tank that it speaks of."""

    tank: Tank
    level: messages.TankLevel


NEWER_BAYS = """
WITH known AS (
    SELECT id, state, seconds_left FROM stations_bay WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
)
UPDATE stations_bay AS bay
   SET state = new.state, seconds_left = new.seconds_left, device_wash = new.wash,
       fault = new.fault, boot = new.boot, seq = new.seq, reported_at = new.ts
  FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::text[], %s::text[], %s::bigint[],
              %s::bigint[], %s::timestamptz[])
       AS new(id, state, seconds_left, wash, fault, boot, seq, ts)
  JOIN known ON known.id = new.id
 WHERE bay.id = new.id AND (new.boot, new.seq) > (bay.boot, bay.seq)
RETURNING bay.id, (bay.state, bay.seconds_left) <> (known.state, known.seconds_left)
"""

NEWER_TANKS = """
WITH known AS (
    SELECT id, level_ml, capacity_ml FROM stations_tank WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
)
UPDATE stations_tank AS tank
   SET level_ml = new.level_ml, capacity_ml = new.capacity_ml,
       boot = new.boot, seq = new.seq, reported_at = new.ts
  FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::timestamptz[])
       AS new(id, level_ml, capacity_ml, boot, seq, ts)
  JOIN known ON known.id = new.id
 WHERE tank.id = new.id AND (new.boot, new.seq) > (tank.boot, tank.seq)
RETURNING tank.id, (tank.level_ml, tank.capacity_ml) <> (known.level_ml, known.capacity_ml)
"""


def take_bay_states(reports: Iterable[BayReport]) -> set[str]:
    """Write the newest states; return the slugs of the stations whose public picture changed."""
    require_transaction()
    newest: dict[int, BayReport] = {}
    for report in reports:
        known = newest.get(report.bay.pk)
        if known is None or _order(report.state) > _order(known.state):
            newest[report.bay.pk] = report
    if not newest:
        return set()
    rows = [newest[key] for key in sorted(newest)]
    columns: list[Any] = [
        [row.bay.pk for row in rows],
        [row.state.state.value for row in rows],
        [row.state.seconds_left for row in rows],
        [row.state.wash or "" for row in rows],
        [row.state.fault or "" for row in rows],
        [row.state.boot for row in rows],
        [row.state.seq for row in rows],
        [row.state.ts for row in rows],
    ]
    taken = _run(NEWER_BAYS, columns)
    for key in sorted(taken):
        _follow_bay(newest[key])
    return {newest[key].bay.station.slug for key, seen in taken.items() if seen}


def take_tank_levels(reports: Iterable[TankReport]) -> set[str]:
    """Write the newest levels and judge them; return the slugs of the stations whose public picture changed."""
    require_transaction()
    newest: dict[int, TankReport] = {}
    for report in reports:
        known = newest.get(report.tank.pk)
        if known is None or _order(report.level) > _order(known.level):
            newest[report.tank.pk] = report
    if not newest:
        return set()
    rows = [newest[key] for key in sorted(newest)]
    columns: list[Any] = [
        [row.tank.pk for row in rows],
        [row.level.level_ml for row in rows],
        [row.level.capacity_ml for row in rows],
        [row.level.boot for row in rows],
        [row.level.seq for row in rows],
        [row.level.ts for row in rows],
    ]
    taken = _run(NEWER_TANKS, columns)
    changed: set[str] = set()
    for key in sorted(taken):
        tank, level, seen = newest[key].tank, newest[key].level, taken[key]
        tank.level_ml, tank.capacity_ml = level.level_ml, level.capacity_ml
        if judge(tank.level_ml, tank.capacity_ml, tank.thresholds, tank.status) != tank.status:
            judge_tank(tank)
            seen = True
        if seen:
            changed.add(tank.station.slug)
    return changed


def judge_tank(tank: Tank) -> None:
    """Set the tank's status by its level; open, escalate or clear its alert."""
    require_transaction()
    status = judge(tank.level_ml, tank.capacity_ml, tank.thresholds, tank.status)
    if status != tank.status:
        Tank.objects.filter(pk=tank.pk).update(status=status)
        tank.status = status
    component = f"tank:{tank.chemical}"
    if status == TankStatus.OK:
        alerts.clear_alert(tank.station, component, reason="the level is above its thresholds")
        return
    message = f"{tank.chemical} is at {tank.level_pct}%: refill it."
    severity = Severity.CRITICAL if status == TankStatus.CRITICAL else Severity.WARNING
    alert = alerts.raise_alert(tank.station, component, severity, level_pct=tank.level_pct, message=message)
    alerts.note_level(alert, tank.level_pct, message)


def _follow_bay(report: BayReport) -> None:
    bay, state = report.bay, report.state
    if state.state.value == bay.state:
        return
    if state.state is BayStatus.FAULT:
        alerts.raise_alert(
            bay.station,
            f"bay:{bay.number}",
            Severity.CRITICAL,
            message=f"Bay {bay.number} reports the fault {state.fault}.",
        )
    elif bay.state == BayStatus.FAULT:
        alerts.clear_alert(bay.station, f"bay:{bay.number}", reason="fault over")
    if state.wash:
        _follow_wash(report)


def _follow_wash(report: BayReport) -> None:
    if report.state.state not in (BayStatus.PAUSED, BayStatus.RUNNING):
        return
    wash = lock_wash(report.state.wash) if report.state.wash else None
    if wash is None or wash.bay_id != report.bay.pk:
        return
    if report.state.state is BayStatus.PAUSED:
        lifecycle.paused(wash)
    else:
        lifecycle.resumed(wash)


def _order(message: messages.BayState | messages.TankLevel) -> tuple[int, int]:
    return message.boot, message.seq


def _run(statement: str, columns: list[Any]) -> dict[int, bool]:
    """Return the rows that were written, and of each whether what the public sees is another than before."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [columns[0], *columns])
        return dict(cursor.fetchall())
