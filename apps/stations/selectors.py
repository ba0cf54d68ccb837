"""Reads of the stations app: the public picture, one's own wash, and what operators look for."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.db.models import Count, Prefetch, Q, QuerySet

from apps.common.errors import NotFound
from apps.stations import availability
from apps.stations.levels import level_pct
from apps.stations.models import Alert, Bay, DeadLetter, Program, Station, Tank, Wash
from apps.stations.protocol import topics
from apps.stations.states import OPEN_WASH, WashStatus
from apps.stations.tokens import hash_purchase, hash_wash_token


class LiveBay(TypedDict):
    """A bay in the public picture."""

    id: str
    number: int
    state: str
    seconds_left: int


class LiveTank(TypedDict):
    """A tank in the public picture."""

    chemical: str
    level_ml: int
    capacity_ml: int
    level_pct: int
    status: str


class LiveStation(TypedDict):
    """A station in the public picture: never a wash id."""

    id: str
    online: bool
    bays: list[LiveBay]
    tanks: list[LiveTank]
    alerts: int


def station_exists(slug: str) -> bool:
    """Tell whether a station of this id was ever provisioned."""
    return Station.objects.filter(slug=slug).exists()


def replayable_letters(
    *, reason: str = "", station: str = "", since: datetime | None = None, until: datetime | None = None
) -> QuerySet[DeadLetter]:
    """Return the dead letters that were not taken on a later try, oldest first; each filter may be left out."""
    found = DeadLetter.objects.filter(taken_at=None, reason__startswith=reason).order_by("id")
    if station:
        found = found.filter(topic__startswith=f"{topics.root(station)}/")
    if since:
        found = found.filter(received_at__gte=since)
    if until:
        found = found.filter(received_at__lte=until)
    return found


def slugs_ever() -> list[str]:
    """Return the ids of all stations, revoked or not."""
    return list(Station.objects.order_by("slug").values_list("slug", flat=True))


def slugs_in_service() -> list[str]:
    """Return the ids of the stations that are not revoked."""
    return list(Station.objects.filter(revoked_at=None).order_by("slug").values_list("slug", flat=True))


def in_service() -> QuerySet[Station]:
    """Return the stations that the public may know of, with bays and programs at hand."""
    return Station.objects.filter(revoked_at=None).prefetch_related(
        "bays", Prefetch("programs", Program.objects.filter(active=True))
    )


def access_station(slug: str) -> Station:
    """Return one station of the public list.

    Raises: NotFound.
    """
    station = in_service().filter(slug=slug).first()
    if station is None:
        raise NotFound("not_found", "There is no such station.")
    return station


def shown_photo(file: str) -> str | None:
    """Return the stored name of the photo that a station in service shows under this address."""
    shown = Station.objects.filter(photo=f"stations/{file}", revoked_at=None)
    return shown.values_list("photo", flat=True).first()


def access_wash(wash_id: str, wash_token: str) -> Wash:
    """Return the wash that this token opens; without the right token it does not exist.

    Raises: NotFound.
    """
    try:
        wash = Wash.objects.select_related("bay__station", "program").filter(public_id=wash_id).first()
    except (ValidationError, ValueError):
        wash = None
    if wash is None or not hmac.compare_digest(wash.token_hash, hash_wash_token(wash_token)):
        raise NotFound("not_found", "There is no such wash, or the token is not its own.")
    return wash


def bays_of(slug: str) -> list[Bay]:
    """Return a station's bays, in the order of their numbers."""
    return list(Bay.objects.filter(station__slug=slug).select_related("station").order_by("number"))


def bay_of(bay_id: str) -> Bay | None:
    """Return a bay with its station, also one that is out of service."""
    return Bay.objects.select_related("station").filter(public_id=bay_id).first()


def wash_of_purchase(bay: Bay, key: str) -> Wash | None:
    """Return what came of a purchase at the bay; who does not know its idempotency key finds nothing."""
    washes = Wash.objects.select_related("bay__station", "program")
    return washes.filter(purchase=hash_purchase(str(bay.public_id), key)).first()


@dataclass(frozen=True)
class Offer:
    """A program at a bay, and why it cannot be bought now, if so."""

    program: Program
    refusal: availability.Refusal | None


@dataclass(frozen=True)
class Offers:
    """What a bay sells now; `free_bays` are the numbers of the station's other bays that could be used."""

    programs: list[Offer]
    free_bays: list[int]


def offers_at(bay: Bay) -> Offers:
    """Return every program of the bay with why it is not sold now; five queries, however many."""
    station = bay.station
    programs = list(Program.objects.filter(station=station, active=True))
    open_washes = list(Wash.objects.filter(bay__station=station, status__in=OPEN_WASH))
    tanks = list(Tank.objects.filter(station=station))
    host_up = availability.Hosts.now().carry(station)
    others = Bay.objects.filter(station=station).exclude(pk=bay.pk).order_by("number")

    def refused(at: Bay, program: Program) -> availability.Refusal | None:
        return availability.refusal(station, at, program, tanks, open_washes, host_up=host_up)

    free = [other.number for other in others if any(refused(other, program) is None for program in programs)]
    return Offers([Offer(program, refused(bay, program)) for program in programs], free)


def seconds_left(wash: Wash) -> int:
    """Return the seconds that the wash still has: the bay's word while it is the bay's wash."""
    if wash.status == WashStatus.INTERRUPTED:
        return wash.total_seconds - wash.seconds_used
    if not wash.is_open:
        return 0
    if wash.bay.device_wash == str(wash.public_id) and wash.started_at:
        return wash.bay.seconds_left
    return max(wash.total_seconds - wash.seconds_used, 0)


def live_status(slugs: Iterable[str] | None = None) -> list[LiveStation]:
    """Return the public picture of the stations, or of some; three queries, however many.

    It is asked for more often than anything else, so it reads the values that it shows and makes no models.
    """
    chosen = Station.objects.filter(revoked_at=None)
    if slugs is not None:
        chosen = chosen.filter(slug__in=list(slugs))
    open_alerts = Count("alerts", filter=Q(alerts__cleared_at=None))
    stations = list(chosen.order_by("slug").values_list("id", "slug", "online").annotate(open_alerts=open_alerts))
    ids = [station for station, *_ in stations]
    pictures: dict[int, LiveStation] = {
        station: {"id": slug, "online": online, "bays": [], "tanks": [], "alerts": alerts}
        for station, slug, online, alerts in stations
    }
    bays = Bay.objects.filter(station__in=ids).order_by("station_id", "number")
    for station, public_id, number, state, seconds, locked_at in bays.values_list(
        "station_id", "public_id", "number", "state", "seconds_left", "locked_at"
    ):
        online = pictures[station]["online"]
        shown = availability.seen_state(state, online=online, locked=locked_at is not None)
        pictures[station]["bays"].append(
            {"id": str(public_id), "number": number, "state": shown, "seconds_left": seconds if online else 0}
        )
    tanks = Tank.objects.filter(station__in=ids).order_by("station_id", "chemical")
    for station, chemical, level, capacity, status in tanks.values_list(
        "station_id", "chemical", "level_ml", "capacity_ml", "status"
    ):
        pictures[station]["tanks"].append(_tank(chemical, level, capacity, status))
    return list(pictures.values())


class OpenAlert(TypedDict):
    """An alert that still stands, as operators see it; instants are RFC 3339."""

    id: str
    station: str
    station_name: str
    component: str
    severity: str
    level_pct: int | None
    message: str
    raised_at: str
    acknowledged_at: str | None


def open_alerts(limit: int = 200) -> list[OpenAlert]:
    """Return the open alerts of stations in service, critical ones first, then the oldest."""
    rows = Alert.objects.filter(cleared_at=None, station__revoked_at=None).select_related("station")
    return [_open_alert(alert) for alert in rows.order_by("severity", "raised_at", "id")[:limit]]


def alert_counts() -> dict[str, int]:
    """Return how many alerts are open, by severity."""
    rows = Alert.objects.filter(cleared_at=None, station__revoked_at=None).order_by()
    return dict(rows.values_list("severity").annotate(number=Count("id")))


def wash_counts(since: datetime) -> dict[str, int]:
    """Return how many washes made since then are in each state, of the newest 5,000."""
    newest = Wash.objects.order_by("-id").values("id")[:5_000]
    rows = Wash.objects.filter(id__in=newest, created_at__gte=since).order_by()
    return dict(rows.values_list("status").annotate(number=Count("id")))


def refunding_count() -> int:
    """Return how many washes wait for their refund, however old."""
    return Wash.objects.filter(status=WashStatus.REFUNDING).count()


class Place(TypedDict):
    """How people call a station, and the refill tour that it belongs to; no zone is an empty text."""

    name: str
    zone: str


def station_places() -> dict[str, Place]:
    """Return name and zone of the stations in service, by id."""
    rows = Station.objects.filter(revoked_at=None).values_list("slug", "name", "zone")
    return {slug: {"name": name, "zone": zone} for slug, name, zone in rows}


def _open_alert(alert: Alert) -> OpenAlert:
    return {
        "id": str(alert.public_id),
        "station": alert.station.slug,
        "station_name": alert.station.name,
        "component": alert.component,
        "severity": alert.severity,
        "level_pct": alert.level_pct,
        "message": alert.message,
        "raised_at": alert.raised_at.isoformat(),
        "acknowledged_at": alert.acknowledged_at.isoformat() if alert.acknowledged_at else None,
    }


def _tank(chemical: str, level_ml: int, capacity_ml: int, status: str) -> LiveTank:
    return {
        "chemical": chemical,
        "level_ml": level_ml,
        "capacity_ml": capacity_ml,
        "level_pct": level_pct(level_ml, capacity_ml),
        "status": status,
    }
