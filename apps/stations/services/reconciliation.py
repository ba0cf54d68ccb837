"""The chemical reconciliation: alerts for leaks, thefts, clogged nozzles and refills that nobody recorded.

Level-triggered like every sweep: it looks at the rows of the last day, so it may come twice or late. What a person
has cleared is not told again: only what came after counts. A leak and a nozzle heal, and their alerts with them;
a theft is cleared by a person, an unrecorded refill by its record or by a person.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.common.clock import real_now
from apps.stations import availability
from apps.stations.chemistry import Limits, Step, Use, judge_nozzles, judge_tank, rises_of, unrecorded
from apps.stations.models import Alert, AlertEntry, Station
from apps.stations.services import alerts
from apps.stations.services.limits_of_chemicals import current_limits
from apps.stations.states import AlertChange, Severity
from apps.stations.usage import TankWindow, read_windows

WINDOW = timedelta(hours=24)
SETTLE = timedelta(minutes=10)
"""A station that came back just now still tells its stored events."""
BATCH = 100
HEALS = ("leak", "clog")
SEVERITY = {"theft": Severity.CRITICAL}
Cleared = dict[tuple[int, str], datetime]


@dataclass(frozen=True)
class Trouble:
    """What should stand as an alert: the component, how urgent, and the sentence."""

    component: str
    severity: str
    message: str


def sweep_chemicals(now: datetime | None = None) -> int:
    """Compare levels, events and paid seconds of the last day at every station that is online; return the findings.

    Nothing is judged while the bridge is silent or a station has just come back: what is missing may be on its way.
    """
    if not availability.host_is_up():
        return 0
    now = now or real_now()
    settled = Q(connection_changed_at=None) | Q(connection_changed_at__lte=now - SETTLE)
    stations = list(Station.objects.filter(settled, online=True, revoked_at=None).order_by("pk"))
    limits, found = current_limits(), 0
    for start in range(0, len(stations), BATCH):
        found += _reconcile(stations[start : start + BATCH], limits, now)
    return found


def refill_is_explained(station: Station, chemical: str, raised_at: datetime) -> bool:
    """Whether every rise that an open alert may speak of has its record by now."""
    now = real_now()
    limits = current_limits()
    windows = read_windows([station.pk], raised_at - WINDOW, now)
    return all(
        not unrecorded(rises_of(window.steps, limits), window.refilled_at, limits, now)
        for window in windows
        if window.tank.chemical == chemical
    )


def refill_component(chemical: str) -> str:
    """Return the component of a refill that nobody recorded."""
    return f"tank:{chemical}:refill"


def _reconcile(stations: list[Station], limits: Limits, now: datetime) -> int:
    keys = [station.pk for station in stations]
    windows, cleared = read_windows(keys, now - WINDOW, now), _cleared_by_hand(keys, now - WINDOW)
    wanted: dict[int, list[Trouble]] = defaultdict(list)
    for window in windows:
        wanted[window.tank.station_id] += _troubles(window, cleared, limits, now)
    open_now: dict[int, set[str]] = defaultdict(set)
    ours = Alert.objects.filter(station__in=keys, cleared_at=None).order_by()
    for key, component in ours.values_list("station", "component"):
        open_now[key].add(component)
    for station in stations:
        _settle(station, wanted[station.pk], open_now[station.pk])
    return sum(len(troubles) for troubles in wanted.values())


def _settle(station: Station, wanted: list[Trouble], open_now: set[str]) -> None:
    """Raise what is missing and clear what has healed; a station without a change costs nothing."""
    stands = {trouble.component for trouble in wanted}
    new = [trouble for trouble in wanted if trouble.component not in open_now]
    healed = sorted(component for component in open_now - stands if _kind_of(component) in HEALS)
    if not new and not healed:
        return
    with transaction.atomic(durable=True):
        for trouble in sorted(new, key=lambda one: one.component):
            alerts.raise_alert(station, trouble.component, trouble.severity, message=trouble.message)
        for component in healed:
            alerts.clear_alert(station, component, reason="it adds up again")


def _troubles(window: TankWindow, cleared: Cleared, limits: Limits, now: datetime) -> Iterable[Trouble]:
    chemical, station = window.tank.chemical, window.tank.station_id
    for kind in ("leak", "theft"):
        steps, uses = _after(window, cleared.get((station, f"tank:{chemical}:{kind}")))
        for finding in judge_tank(chemical, steps, uses, limits):
            if finding.kind == kind:
                yield _trouble(f"tank:{chemical}:{kind}", kind, finding.sentence)
    for bay in sorted({use.bay for use in window.uses}):
        component = f"bay:{bay}:clog:{chemical}"
        _, uses = _after(window, cleared.get((station, component)))
        for finding in judge_nozzles(chemical, [use for use in uses if use.bay == bay], limits):
            yield _trouble(component, "clog", finding.sentence)
    component = refill_component(chemical)
    steps, _ = _after(window, cleared.get((station, component)))
    for rise in unrecorded(rises_of(steps, limits), window.refilled_at, limits, now)[-1:]:
        yield _trouble(component, "refill", _unrecorded_sentence(chemical, rise))


def _trouble(component: str, kind: str, sentence: str) -> Trouble:
    return Trouble(component, SEVERITY.get(kind, Severity.WARNING), sentence)


def _unrecorded_sentence(chemical: str, rise: Step) -> str:
    return (
        f"{chemical} rose by {rise.rise_ml:,} ml at {rise.at:%d %b %H:%M} UTC and nobody recorded a refill. "
        "Record the visit, or look at the sensor."
    )


def _after(window: TankWindow, instant: datetime | None) -> tuple[list[Step], list[Use]]:
    """Return what came after a person cleared the alert; a wash that then ran counts as one that still does."""
    if instant is None:
        return window.steps, window.uses
    steps = [step for step in window.steps if step.since >= instant]
    uses = [use for use in window.uses if use.ended_at is None or use.ended_at >= instant]
    return steps, uses


def _cleared_by_hand(stations: list[int], since: datetime) -> Cleared:
    entries = AlertEntry.objects.filter(
        change=AlertChange.CLEARED, actor__isnull=False, at__gte=since, alert__station__in=stations
    )
    rows = entries.order_by("at").values_list("alert__station", "alert__component", "at")
    return {(station, component): at for station, component, at in rows}


def _kind_of(component: str) -> str:
    """Return the kind of one of our components: `tank:<chemical>:leak`, `bay:<n>:clog:<chemical>`; else nothing."""
    parts = component.split(":")
    if len(parts) == 3 and parts[0] == "tank":
        return parts[2]
    return parts[2] if len(parts) == 4 and parts[0] == "bay" else ""
