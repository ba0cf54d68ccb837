"""Visits of staff and what they poured: recorded once, and explained to the reconciliation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.common import audit
from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.stations.models import Alert, MaintenanceVisit, Refill, Station, Tank
from apps.stations.services import alerts, bay_locks
from apps.stations.services.reconciliation import refill_component, refill_is_explained

CLOCKS_DIFFER = timedelta(minutes=5)
OLDEST = timedelta(days=30)


@dataclass(frozen=True)
class Poured:
    """What went into one tank, in millilitres as read before and after; the canister's number if it has one."""

    chemical: str
    before_ml: int
    after_ml: int
    canister: str = ""


def record_visit(
    actor: User, station: str, *, key: str, visited_at: datetime, done: str, refills: Sequence[Poured] = ()
) -> MaintenanceVisit:
    """Record a visit to a station (its id) once by its key; a repeat returns the first record.

    Clears the alert of an unrecorded refill that the visit explains, and unlocks bays that were locked before it.
    Raises: NotFound; InvalidInput that names the field or the chemical; Conflict `key_reused` for another station.
    """
    place = Station.objects.filter(slug=station).first()
    if place is None:
        raise NotFound("not_found", "There is no such station.")
    _check(visited_at, done)
    tanks = {tank.chemical: tank for tank in place.tanks.all()}
    _check_refills(refills, tanks)
    with transaction.atomic(durable=True):
        visit = _try_create(actor, place, key, visited_at, done)
        if visit is None:
            return _known(key, place)
        for poured in refills:
            Refill.objects.create(
                visit=visit,
                tank=tanks[poured.chemical],
                at=visited_at,
                before_ml=poured.before_ml,
                after_ml=poured.after_ml,
                canister=poured.canister,
            )
            _explain(place, poured.chemical)
        for bay in place.bays.filter(locked_at__lte=visited_at).select_related("station"):
            bay_locks.unlock(bay, actor=actor, reason="visited")
        audit.record(actor, "station.visited", place.slug, reason=done[:200], visit=str(visit.public_id))
        return visit


def _try_create(actor: User, station: Station, key: str, visited_at: datetime, done: str) -> MaintenanceVisit | None:
    try:
        with transaction.atomic():
            return MaintenanceVisit.objects.create(
                station=station, actor=actor, key=key, visited_at=visited_at, done=done
            )
    except IntegrityError:
        return None


def _known(key: str, station: Station) -> MaintenanceVisit:
    visit = MaintenanceVisit.objects.select_related("station").get(key=key)
    if visit.station_id != station.pk:
        raise Conflict("key_reused", "This form has recorded a visit to another station. Open a new one.")
    return visit


def _explain(station: Station, chemical: str) -> None:
    component = refill_component(chemical)
    alert = Alert.objects.filter(station=station, component=component, cleared_at=None).first()
    if alert is not None and refill_is_explained(station, chemical, alert.raised_at):
        alerts.clear_alert(station, component, reason="the refill is recorded")


def _check(visited_at: datetime, done: str) -> None:
    now = real_now()
    if visited_at > now + CLOCKS_DIFFER:
        raise InvalidInput.field("visited_at", "This is in the future. Times are UTC.")
    if visited_at < now - OLDEST:
        raise InvalidInput.field("visited_at", "This is more than 30 days ago.")
    if not 1 <= len(done.strip()) <= 1000:
        raise InvalidInput.field("done", "Say in 1 to 1,000 characters what was done.")


def _check_refills(refills: Sequence[Poured], tanks: dict[str, Tank]) -> None:
    seen: set[str] = set()
    for poured in refills:
        tank = tanks.get(poured.chemical)
        if tank is None:
            raise InvalidInput.field(poured.chemical, "The station has no tank of it.")
        if poured.chemical in seen:
            raise InvalidInput.field(poured.chemical, "Name each tank once.")
        seen.add(poured.chemical)
        if not 0 <= poured.before_ml < poured.after_ml <= tank.capacity_ml:
            raise InvalidInput.field(
                poured.chemical, f"After must be more than before, and {tank.capacity_ml:,} ml at most."
            )
        if len(poured.canister) > 60:
            raise InvalidInput.field(poured.chemical, "A canister's number has 60 characters at most.")
