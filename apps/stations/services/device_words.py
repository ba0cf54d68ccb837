"""What each kind of device message does, one message at a time, in the intake's transaction.

A message that contradicts what the server knows raises ProtocolError: the intake puts it aside.
"""

from datetime import timedelta

from apps.common import events
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.stations.events import StationChanged
from apps.stations.models import Bay, Command, Station, Tank, Wash
from apps.stations.protocol import messages
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.messages import AckResult, BayStatus, EventType
from apps.stations.services import alerts, bay_locks, commands, lifecycle, top_up_words
from apps.stations.services.components import component_of
from apps.stations.services.event_rows import EventReport, Written
from apps.stations.services.moves import lock_wash
from apps.stations.services.telemetry import BayReport
from apps.stations.states import CommandType, Severity, WashStatus

CONNECTION = "connection"
CONTROLLER = "controller"
SETTLED_AFTER = timedelta(minutes=10)
"""So long after new credentials the broker has read its files, and nobody speaks with the old ones any more."""
_MAY_LOCK_THE_BAY = (EventType.FAULT, EventType.CANCELLED)


def take_conn(station: Station, conn: messages.Conn, *, retained: bool = False) -> bool:
    """Follow a birth or death certificate; an older boot's, or another epoch's death, is ignored.

    A new epoch is a replaced board: its counters start anew and staff are called. They start anew as well when a
    device comes with new credentials, whatever its boot; what the broker kept (`retained`) is not believed then.
    """
    require_transaction()
    doubted = station.doubted_since
    if retained and doubted:
        return _ask_instead(station, conn)
    returns = conn.online and doubted is not None
    new_epoch = conn.epoch != station.epoch
    if new_epoch and not conn.online:
        return False
    if not new_epoch and conn.boot < station.boot and not returns:
        return False
    if new_epoch or returns:
        _count_anew(station)
    if new_epoch and station.epoch:
        _call_for_new_board(station)
    now = real_now()
    settled = conn.online and doubted is not None and doubted <= now - SETTLED_AFTER
    changed_at = now if station.online != conn.online else station.connection_changed_at
    Station.objects.filter(pk=station.pk).update(
        online=conn.online,
        epoch=conn.epoch,
        boot=conn.boot,
        doubted_since=None if settled else doubted,
        firmware=conn.fw,
        connection_changed_at=changed_at,
        last_seen_at=now,
    )
    station.refresh_from_db()
    if conn.online:
        alerts.clear_alert(station, CONNECTION, reason="back online")
    return True


def take_birth(station: Station, birth: messages.Birth) -> bool:
    """Follow the inventory: capacities as built, for tanks that the server knows.

    Nobody keeps a birth for us, and it comes in the order of the certificates: it proves that the station lives.
    """
    require_transaction()
    if birth.epoch == station.epoch and birth.boot < station.boot:
        return False
    if birth.epoch == station.epoch and not station.online:
        Station.objects.filter(pk=station.pk).update(online=True, connection_changed_at=real_now())
        station.refresh_from_db()
        alerts.clear_alert(station, CONNECTION, reason="back online")
    for tank in birth.tanks:
        changed = (
            Tank.objects.filter(station=station, chemical=tank.chemical)
            .exclude(capacity_ml=tank.capacity_ml)
            .filter(level_ml__lte=tank.capacity_ml)
        )
        changed.update(capacity_ml=tank.capacity_ml)
    return True


def take_event(report: EventReport, written: Written) -> bool:
    """Let the wash of an event that has just been written follow it; True when the picture of its bay may be another.

    A repeat changes nothing. What a bay says of a wash that has left it is history.

    Raises: ProtocolError `unknown_wash` or `wrong_bay`.
    """
    require_transaction()
    if not written.take(report):
        return False
    wash = lock_wash(report.event.wash) if report.event.wash else None
    if wash is not None and wash.bay_id == report.bay.pk:
        _follow(wash, report.event)
        if report.event.type is EventType.STARTED:
            _show_begun(report, wash, written)
    return report.event.type in _MAY_LOCK_THE_BAY


def _show_begun(report: EventReport, wash: Wash, written: Written) -> None:
    """Take the bay's word that water runs for its state too: who waits for it need not wait for all telemetry.

    Event and states are counted by one counter, so an older state that comes later changes nothing. What was said
    before the bay's last boot, or is history, says nothing of now.
    """
    event, bay = report.event, report.bay
    if event.offline or event.boot != bay.boot or wash.status != WashStatus.RUNNING:
        return
    state = messages.BayState(
        state=BayStatus.RUNNING,
        wash=str(wash.public_id),
        seconds_left=max(wash.bay_seconds - event.seconds_used, 0),
        fault=None,
        boot=event.boot,
        seq=event.seq,
        ts=event.ts,
    )
    written.begun.append(BayReport(bay, state))


def take_ack(station: Station, ack: messages.Ack) -> bool:
    """Note an answer; a start that was refused, or whose cancel worked, is given back.

    True when the picture of the bay may be another now: an answer alone, such as `accepted`, is nothing to see.

    Raises: ProtocolError `unknown_command`.
    """
    require_transaction()
    command = commands.record_ack(ack, station)
    if command is None:
        raise ProtocolError("unknown_command", "No such command was sent to this station.", "id")
    if command.type == CommandType.IDENTIFY and ack.result is AckResult.ACCEPTED:
        _answered(command)
        return True
    refused = (AckResult.REJECTED, AckResult.EXPIRED, AckResult.CANCELLED)
    if command.type != CommandType.TOP_UP and ack.result not in refused:
        return False  # the wash follows the event, not the answer
    wash = lock_wash(str(command.wash.public_id)) if command.wash else None
    if wash is None or wash.bay_id != command.bay_id:
        return False  # an answer of a bay that the wash has left
    if command.type == CommandType.START and ack.result in refused:
        taken_back = ack.reason == "cancelled_before"
        lifecycle.not_started(wash, reason="start_cancelled" if taken_back else "start_refused")
    elif command.type == CommandType.CANCEL and ack.result is AckResult.CANCELLED:
        lifecycle.not_started(wash, reason="start_cancelled")
    elif command.type == CommandType.TOP_UP:
        top_up_words.answered(wash, command, refused=ack.result in refused)
    return ack.result in refused


def take_alert(station: Station, alert: messages.Alert) -> bool:
    """Take a station's own alert, once by its event id.

    Raises: ProtocolError `unknown_tank` or `unknown_component` for what the station does not have.
    """
    require_transaction()
    component = component_of(station, alert.chemical, alert.component)
    if component is None:
        reason, field = ("unknown_tank", "chemical") if alert.chemical else ("unknown_component", "component")
        raise ProtocolError(reason, f"The station has no {field} {alert.chemical or alert.component}.", field)
    outcome = alerts.record_report(
        station,
        event_id=alert.event_id,
        component=component,
        severity=alert.severity.value,
        level_pct=alert.level_pct,
        message="Reported by the station.",
    )
    return outcome.created


def _answered(command: Command) -> None:
    """End the lock that the bay was asked about; an answer that comes again ends no later one."""
    bay = command.bay
    if bay is not None and bay.locked_at is not None and bay.locked_at <= command.created_at:
        bay_locks.unlock(bay, reason="the bay answered")


def _ask_instead(station: Station, conn: messages.Conn) -> bool:
    """Ask a station that may have connected while nobody listened to say again what the broker has kept."""
    asked = Command.objects.filter(station=station, type=CommandType.REBIRTH, expires_at__gt=real_now())
    if conn.online and not station.online and not asked.exists():
        commands.issue(CommandType.REBIRTH, station=station)
    return False


def _count_anew(station: Station) -> None:
    # Telemetry locks bays and tanks by key: whoever locks them in another order is in its way.
    for parts in (Bay.objects, Tank.objects):
        mine = parts.select_for_update(no_key=True).filter(station=station).order_by("id")
        parts.filter(pk__in=list(mine.values_list("pk", flat=True))).update(boot=0, seq=0)


def _call_for_new_board(station: Station) -> None:
    alerts.raise_alert(
        station,
        CONTROLLER,
        Severity.CRITICAL,
        message="The controller's memory is new (a replaced board?). Check it, then clear this.",
    )
    commands.issue(CommandType.REBIRTH, station=station)
    events.publish(StationChanged(station=station.slug))


def _follow(wash: Wash, event: messages.BayEvent) -> None:
    used = wash.carried_seconds + event.seconds_used
    match event.type:
        case EventType.STARTED:
            lifecycle.started(wash)
        case EventType.FINISHED:
            lifecycle.finished(wash, used)
        case EventType.STOPPED:
            lifecycle.stopped(wash, used)
        case EventType.FAULT:
            lifecycle.failed(wash, used, started_before=event.seconds_used > 0)
        case EventType.CANCELLED:
            lifecycle.not_started(wash, reason="start_cancelled")
        case EventType.TOPPED_UP:
            top_up_words.reached(wash, wash.carried_seconds + (event.total_seconds or 0))
