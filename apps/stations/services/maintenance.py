"""Alerts that arrive over HTTP: from a station with its HMAC, or from staff."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.accounts.services import attempts
from apps.common.clock import real_now
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from apps.stations import alert_signing, limits
from apps.stations.models import AlertSignature, Station
from apps.stations.protocol.words import Part
from apps.stations.services import alerts
from apps.stations.services.alerts import ReportOutcome
from apps.stations.services.components import component_of


@dataclass(frozen=True)
class Signed:
    """What a station signed: the raw body with both headers."""

    body: bytes
    timestamp: str
    signature: str


@dataclass(frozen=True)
class MaintenanceReport:
    """A report of trouble, from the station that signed it or from a member of staff."""

    station_id: str
    event_id: str
    severity: str
    chemical: str | None = None
    component: str | None = None
    level_pct: int | None = None
    signed: Signed | None = None
    actor: User | None = None


def take_report(report: MaintenanceReport) -> ReportOutcome:
    """Take a report once by its event id; a repeat returns the same alert.

    Raises: Unauthenticated `signature_invalid`, `signature_stale`; Conflict `signature_replayed`;
    NotFound for staff who name no station; InvalidInput for a chemical or a component that the station does not have;
    TooManyRequests `too_many_attempts` for more than 120 signed ones of a station in a minute.
    """
    with transaction.atomic(durable=True):
        station = _station_of(report)
        component = component_of(station, report.chemical, report.component)
        if component is None:
            raise _unknown(report)
        return alerts.record_report(
            station,
            event_id=report.event_id,
            component=component,
            severity=report.severity,
            level_pct=report.level_pct,
            message="Reported by staff." if report.actor else "Reported by the station.",
            actor=report.actor,
        )


def _unknown(report: MaintenanceReport) -> InvalidInput:
    if report.chemical:
        return InvalidInput.field("chemical", "the station has no tank of it")
    return InvalidInput.field("component", f"Give bay-1 or another of its bays, or one of: {', '.join(Part)}.")


def _station_of(report: MaintenanceReport) -> Station:
    station = Station.objects.filter(slug=report.station_id, revoked_at=None).first()
    if report.signed is not None:
        return _proven(station, report.signed)
    if report.actor is None:
        raise Forbidden("forbidden", "Only the station itself or staff may report.")
    if station is None:
        raise NotFound("not_found", "There is no such station.")
    return station


def _proven(station: Station | None, signed: Signed) -> Station:
    """Return the station that really signed; an unknown one fails just as a forged one does."""
    key = station.credential.hmac_key if station else "no such station"
    genuine = alert_signing.matches(key, signed.timestamp, signed.body, signed.signature)
    if station is None or not genuine:
        raise Unauthenticated("signature_invalid", "The signature does not match the station, timestamp and body.")
    if not alert_signing.is_fresh(signed.timestamp, real_now()):
        raise Unauthenticated(
            "signature_stale",
            "The timestamp is more than five minutes off. Set the clock and sign again.",
        )
    attempts.reserve(limits.REPORTS_BY_STATION.key(station.slug))
    _use_once(station, signed.signature)
    return station


def _use_once(station: Station, signature: str) -> None:
    try:
        with transaction.atomic():
            AlertSignature.objects.create(station=station, signature=signature)
    except IntegrityError as error:
        raise Conflict(
            "signature_replayed",
            "This very request was taken before. Sign a repeat with a fresh timestamp.",
        ) from error


def signed_from(body: bytes, headers: Any) -> Signed | None:
    """Return the proof of a request; None when it carries no signature."""
    signature = headers.get(alert_signing.SIGNATURE_HEADER)
    if not signature:
        return None
    timestamp = headers.get(alert_signing.TIMESTAMP_HEADER, "")
    return Signed(body=body, timestamp=timestamp[:64], signature=signature[:80])
