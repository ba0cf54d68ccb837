"""Alerts: raised once per component, escalated, acknowledged and cleared, each with who and when.

The system's own services assert an open transaction; those that an edge calls open it.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.common import audit, events
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, NotFound
from apps.stations.events import AlertRaised, StationChanged
from apps.stations.models import Alert, AlertEntry, AlertReport, Station
from apps.stations.states import AlertChange, Severity


@dataclass(frozen=True)
class ReportOutcome:
    """The alert that a device's report met, and whether the report was new."""

    alert: Alert
    created: bool


def raise_alert(
    station: Station,
    component: str,
    severity: str,
    *,
    message: str = "",
    level_pct: int | None = None,
    actor: User | None = None,
) -> Alert:
    """Open the component's alert, or let the open one become more severe; never a second one."""
    require_transaction()
    alert = _open_alert(station, component)
    while alert is None:
        alert = _try_open(station, component, severity, message, level_pct)
        if alert is not None:
            _append(alert, AlertChange.RAISED, actor)
            _announce(alert)
            return alert
        alert = _open_alert(station, component)  # a rival opened it between the two statements
    if severity == Severity.CRITICAL and alert.severity == Severity.WARNING:
        Alert.objects.filter(pk=alert.pk).update(
            severity=severity, message=message, level_pct=level_pct, acknowledged_at=None
        )
        alert.refresh_from_db()
        _append(alert, AlertChange.ESCALATED, actor)
        _announce(alert)
    return alert


def clear_alert(station: Station, component: str, *, actor: User | None = None, reason: str = "") -> bool:
    """Close the component's open alert; True when there was one."""
    require_transaction()
    alert = _open_alert(station, component)
    if alert is None:
        return False
    Alert.objects.filter(pk=alert.pk).update(cleared_at=real_now())
    _append(alert, AlertChange.CLEARED, actor, reason)
    events.publish(StationChanged(station=station.slug))
    return True


def record_report(
    station: Station,
    *,
    event_id: str,
    component: str,
    severity: str,
    level_pct: int | None = None,
    message: str = "",
    actor: User | None = None,
) -> ReportOutcome:
    """Take a report once by its event id; a repeat returns the alert that the first one met."""
    require_transaction()
    Station.objects.select_for_update(no_key=True).get(pk=station.pk)  # one report at a time
    known = AlertReport.objects.select_related("alert").filter(station=station, event_id=event_id).first()
    if known is not None:
        return ReportOutcome(known.alert, created=False)
    alert = raise_alert(station, component, severity, message=message, level_pct=level_pct, actor=actor)
    AlertReport.objects.create(station=station, event_id=event_id, alert=alert)
    return ReportOutcome(alert, created=True)


def acknowledge(actor: User, alert_id: str, *, reason: str) -> Alert:
    """Say that someone looks after the alert; doing it again changes nothing.

    Raises: NotFound; Conflict `alert_cleared`.
    """
    with transaction.atomic(durable=True):
        alert = _locked(alert_id)
        if alert.acknowledged_at is None:
            Alert.objects.filter(pk=alert.pk).update(acknowledged_at=real_now())
            _append(alert, AlertChange.ACKNOWLEDGED, actor, reason)
            audit.record(actor, "alert.acknowledged", str(alert.public_id), reason=reason)
        alert.refresh_from_db()
        return alert


def escalate(actor: User, alert_id: str, *, reason: str) -> Alert:
    """Make an alert critical by hand; whoever had acknowledged it has to look again.

    Raises: NotFound; Conflict `alert_cleared`, `alert_critical`.
    """
    with transaction.atomic(durable=True):
        alert = _locked(alert_id)
        if alert.severity == Severity.CRITICAL:
            raise Conflict("alert_critical", "This alert is critical already; nothing was changed.")
        Alert.objects.filter(pk=alert.pk).update(severity=Severity.CRITICAL, acknowledged_at=None)
        alert.refresh_from_db()
        _append(alert, AlertChange.ESCALATED, actor, reason)
        _announce(alert)
        audit.record(actor, "alert.escalated", str(alert.public_id), reason=reason)
        return alert


def note_level(alert: Alert, level_pct: int, message: str) -> None:
    """Let an open alert speak of the level of now; its severity and its history stay."""
    require_transaction()
    if alert.level_pct != level_pct:
        Alert.objects.filter(pk=alert.pk, cleared_at=None).update(level_pct=level_pct, message=message)
        alert.level_pct, alert.message = level_pct, message


def clear(actor: User, alert_id: str, *, reason: str) -> Alert:
    """Close an alert by hand; a level that is still low raises a new one at the next sweep.

    Raises: NotFound; Conflict `alert_cleared`.
    """
    with transaction.atomic(durable=True):
        alert = _locked(alert_id)
        clear_alert(alert.station, alert.component, actor=actor, reason=reason)
        audit.record(actor, "alert.cleared", str(alert.public_id), reason=reason)
        alert.refresh_from_db()
        return alert


def _locked(alert_id: str) -> Alert:
    alert = Alert.objects.select_for_update(of=("self",)).select_related("station").filter(public_id=alert_id).first()
    if alert is None:
        raise NotFound("not_found", "There is no such alert.")
    if alert.cleared_at is not None:
        raise Conflict("alert_cleared", "This alert is already cleared; nothing was changed.")
    return alert


def _open_alert(station: Station, component: str) -> Alert | None:
    return (
        Alert.objects.select_for_update().filter(station=station, component=component, cleared_at__isnull=True).first()
    )


def _try_open(station: Station, component: str, severity: str, message: str, level_pct: int | None) -> Alert | None:
    try:
        with transaction.atomic():
            return Alert.objects.create(
                station=station,
                component=component,
                severity=severity,
                message=message,
                level_pct=level_pct,
            )
    except IntegrityError:
        return None


def _append(alert: Alert, change: str, actor: User | None, reason: str = "") -> None:
    AlertEntry.objects.create(alert=alert, change=change, severity=alert.severity, actor=actor, reason=reason)


def _announce(alert: Alert) -> None:
    events.publish(
        AlertRaised(
            alert_id=str(alert.public_id),
            station=alert.station.slug,
            component=alert.component,
            severity=alert.severity,
        )
    )
