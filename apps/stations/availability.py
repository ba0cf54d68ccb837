"""Whether a bay can be sold right now, and if not, the one sentence that says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.common import heartbeats
from apps.common.clock import business_now
from apps.stations.models import Bay, Program, Station, Tank, Wash
from apps.stations.shards import LOOP, place
from apps.stations.states import BayState, TankStatus
from apps.stations.words import chemical_name

HOST_SILENT_SECONDS = 30
AT_REST = (BayState.IDLE, BayState.READY)


@dataclass(frozen=True)
class Refusal:
    """Why a bay is not sold; the code is the API's."""

    code: str
    sentence: str
    details: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Hosts:
    """Which parts of the bridge beat; read once for many stations."""

    parts: Sequence[heartbeats.Part]

    @classmethod
    def now(cls) -> "Hosts":
        """Read them, with one query."""
        return cls(heartbeats.parts(LOOP))

    def carry(self, station: Station) -> bool:
        """Whether the part that the station belongs to beats, and the first one: no host, no money.

        The first part alone speaks for `host/state`; without that word a station refuses to start anything.
        """
        return all(_fresh(heartbeats.age_at(self.parts, each)) for each in (0, place(station.slug)))


def host_is_up() -> bool:
    """Whether the whole bridge beats."""
    return _fresh(heartbeats.age_seconds(LOOP))


def _fresh(age: float | None) -> bool:
    return age is not None and age <= HOST_SILENT_SECONDS


def refusal(
    station: Station,
    bay: Bay,
    program: Program,
    tanks: Sequence[Tank],
    open_washes: Sequence[Wash],
    *,
    host_up: bool | None = None,
) -> Refusal | None:
    """Return why this program cannot be sold at this bay; None when it can.

    `host_up`: what `Hosts` has just said of the station, for who asks about many programs at once.
    """
    return (
        closed(station, program.seconds)
        or unfit_bay(station, bay, open_washes, host_up=host_up)
        or dry_tank(program.ml, tanks, open_washes)
    )


def closed(station: Station, seconds: int) -> Refusal | None:
    """Return why nothing that lasts so many seconds from now can be sold: the station is closed, or about to."""
    if not station.hours:
        return None
    hours, now = station.opening_hours, business_now()
    moment = hours.at(now)
    if not moment.is_open:
        details: dict[str, object] = {"next_opening_at": _iso(moment.opens_at)}
        again = f" It opens on {_spoken(moment.opens_at, hours.zone)}." if moment.opens_at else ""
        return Refusal("station_closed", f"The station is closed.{again} Nothing was charged.", details)
    if moment.closes_at is not None and moment.closes_at < now + timedelta(seconds=seconds):
        opens_at = hours.at(moment.closes_at).opens_at
        details = {"closes_at": _iso(moment.closes_at), "next_opening_at": _iso(opens_at)}
        sentence = f"The station closes at {moment.closes_at.astimezone(hours.zone):%H:%M}, before this would end."
        return Refusal("station_closing_soon", f"{sentence} Nothing was charged.", details)
    return None


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _spoken(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%A, %d %B at %H:%M}"


def shown_state(station: Station, bay: Bay) -> str:
    """Return what the public sees of a bay: a silent station's are offline, a locked one has a fault."""
    return seen_state(bay.state, online=station.online, locked=bay.locked_at is not None)


def seen_state(state: str, *, online: bool, locked: bool) -> str:
    """Return `shown_state` of a bay that is at hand by its values alone."""
    if not online:
        return BayState.OFFLINE
    return BayState.FAULT if locked and state in AT_REST else state


def broken(station: Station, bay: Bay, *, host_up: bool | None = None) -> Refusal | None:
    """Return why a bay can do nothing at all right now, whoever uses it."""
    if not (Hosts.now().carry(station) if host_up is None else host_up):
        return Refusal("station_no_host", "The station has no connection to us now. Nothing was charged.")
    state = shown_state(station, bay)
    if state == BayState.OFFLINE:
        return Refusal("bay_offline", "This bay is offline. Please use another one.")
    if state == BayState.FAULT:
        return Refusal("bay_fault", "This bay has a fault. Please use another one.", {"fault": bay.fault or "locked"})
    return None


def unfit_bay(
    station: Station, bay: Bay, open_washes: Sequence[Wash], *, host_up: bool | None = None
) -> Refusal | None:
    """Return why nothing can begin at this bay."""
    trouble = broken(station, bay, host_up=host_up)
    if trouble is not None:
        return trouble
    if shown_state(station, bay) != BayState.IDLE or any(wash.bay_id == bay.pk for wash in open_washes):
        return Refusal("bay_busy", "This bay is in use or being cleaned. Please wait or use another one.")
    return None


def dry_tank(ml: Mapping[str, int], tanks: Sequence[Tank], open_washes: Sequence[Wash]) -> Refusal | None:
    """Return which tank cannot give so many millilitres.

    Bays share tanks: what open washes were sold is spoken for, used already or not.
    """
    by_chemical = {tank.chemical: tank for tank in tanks}
    for chemical, needed in sorted(ml.items()):
        tank = by_chemical.get(chemical)
        spoken_for = sum(wash.ml.get(chemical, 0) for wash in open_washes)
        known = tank is not None and tank.status != TankStatus.UNKNOWN
        if tank is None or not known or tank.level_ml - spoken_for < needed:
            return Refusal(
                "tank_too_low",
                f"There is not enough {chemical_name(chemical).lower()} left for this program.",
                {"chemical": chemical, "needed_ml": needed},
            )
    return None
