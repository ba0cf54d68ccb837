"""Whether a bay can be sold right now, and if not, the one sentence that says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apps.common import heartbeats
from apps.stations.models import Bay, Program, Station, Tank, Wash
from apps.stations.shards import LOOP, place
from apps.stations.states import BayState, TankStatus

HOST_SILENT_SECONDS = 30
SELLABLE = (BayState.IDLE, BayState.READY)


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
        """Whether the part that the station belongs to beats: no host, no money."""
        return _fresh(heartbeats.age_at(self.parts, place(station.slug)))


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
    return unfit_bay(station, bay, open_washes, host_up=host_up) or dry_tank(program.ml, tanks, open_washes)


def shown_state(station: Station, bay: Bay) -> str:
    """Return what the public sees of a bay: a silent station's are offline, a locked one has a fault."""
    if not station.online:
        return BayState.OFFLINE
    return BayState.FAULT if bay.locked_at and bay.state in SELLABLE else bay.state


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
    if shown_state(station, bay) not in SELLABLE or any(wash.bay_id == bay.pk for wash in open_washes):
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
                f"There is not enough {chemical.replace('_', ' ')} left for this program.",
                {"chemical": chemical, "needed_ml": needed},
            )
    return None
