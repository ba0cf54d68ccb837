"""What Operations may set by hand: thresholds of a tank and the zone of a station, with a reason."""

from django.db import transaction

from apps.accounts.models import User
from apps.common import audit
from apps.common.errors import InvalidInput, NotFound
from apps.stations.levels import HYSTERESIS_PCT
from apps.stations.models import Station, Tank
from apps.stations.services.telemetry import judge_tank
from apps.stations.states import TankStatus

HIGHEST_PCT = 100 - HYSTERESIS_PCT


def set_thresholds(actor: User, tank_id: int, *, warning_pct: int, critical_pct: int, reason: str) -> Tank:
    """Set when a tank warns and when it is critical, in per cent; its level is judged by them at once.

    Both alerts must be able to end: the thresholds lie three points apart, and three below full.
    Raises: NotFound; InvalidInput that names the field.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why.")
    if critical_pct < 1:
        raise InvalidInput.field("critical_pct", "Give 1 or more.")
    if warning_pct > HIGHEST_PCT:
        raise InvalidInput.field("warning_pct", f"Give {HIGHEST_PCT} at most: the alert ends three points above.")
    if warning_pct < critical_pct + HYSTERESIS_PCT:
        raise InvalidInput.field("warning_pct", f"Give at least three points more than critical ({critical_pct}).")
    with transaction.atomic(durable=True):
        tank = Tank.objects.select_for_update(of=("self",)).select_related("station").filter(pk=tank_id).first()
        if tank is None:
            raise NotFound("not_found", "There is no such tank.")
        before = {"warning_before": tank.warning_pct, "critical_before": tank.critical_pct}
        if (tank.warning_pct, tank.critical_pct) == (warning_pct, critical_pct):
            return tank
        tank.warning_pct, tank.critical_pct = warning_pct, critical_pct
        tank.save(update_fields=["warning_pct", "critical_pct"])
        subject = f"{tank.station.slug}/{tank.chemical}"
        facts = {"warning_pct": warning_pct, "critical_pct": critical_pct, **before}
        audit.record(actor, "tank.thresholds_set", subject, reason=reason, **facts)
        if tank.status != TankStatus.UNKNOWN:
            judge_tank(tank)
        return tank


def set_zone(actor: User, slug: str, *, zone: str, reason: str) -> Station:
    """Put a station into a zone of the refill tours; an empty one takes it out.

    Raises: NotFound; InvalidInput.
    """
    zone = zone.strip()
    if len(zone) > 60:
        raise InvalidInput.field("zone", "A zone's name has 60 characters at most.")
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why.")
    with transaction.atomic(durable=True):
        station = Station.objects.select_for_update(no_key=True).filter(slug=slug).first()
        if station is None:
            raise NotFound("not_found", "There is no such station.")
        if station.zone != zone:
            audit.record(actor, "station.zone_set", slug, reason=reason, zone=zone, before=station.zone)
            station.zone = zone
            station.save(update_fields=["zone"])
        return station
