"""What a clock must notice because no message will come: starts, leases, refunds, levels, silence.

Each sweep is level-triggered: it looks at the rows, so a lost event or task never hides trouble.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from apps.common.clock import real_now
from apps.payments import services as payments
from apps.stations.levels import judge
from apps.stations.models import Alert, AlertSignature, Command, Station, Tank, Wash
from apps.stations.services import alerts, commands, lifecycle, moving
from apps.stations.services.device_words import CONNECTION
from apps.stations.services.moves import lock_wash, move_wash
from apps.stations.services.refunds import refund_component
from apps.stations.services.telemetry import judge_tank
from apps.stations.states import CommandType, PartStatus, Severity, TankStatus, WashStatus

START_CONFIRM = timedelta(seconds=45)
CLOCK_SKEW = timedelta(seconds=30)
"""How far a device's clock may be off before it could take an expired start for a live one."""
OFFLINE_ALERT_AFTER = timedelta(seconds=60)
REFUND_STUCK_AFTER = timedelta(minutes=5)
OVERDUE_AFTER = timedelta(minutes=15)
SIGNATURE_KEPT = timedelta(minutes=15)
BATCH = 200


def sweep_starts() -> int:
    """Follow up paid washes without a start; return how many moved.

    After 45 seconds a wash is unconfirmed: a station that is online is asked to cancel. When the
    start command has expired by more than the clock skew nothing can begin any more: refund.
    """
    now = real_now()
    late = Wash.objects.filter(
        status__in=(WashStatus.ACTIVATING, WashStatus.UNCONFIRMED),
        paid_at__isnull=False,
    ).filter(Q(moved_at=None, paid_at__lte=now - START_CONFIRM) | Q(moved_at__lte=now - START_CONFIRM))
    return sum(_follow_up(str(public_id)) for public_id in _ids(late))


def sweep_offers() -> int:
    """Give the seconds back that nobody moved to another bay in time; return how many washes."""
    over = Wash.objects.filter(status=WashStatus.INTERRUPTED, move_until__lte=real_now())
    ended = 0
    for public_id in _ids(over):
        with transaction.atomic(durable=True):
            wash = lock_wash(str(public_id))
            ended += wash is not None and moving.decline(wash)
    return ended


def sweep_leases() -> int:
    """End leases that were not paid in time, once their payment is cancelled; return how many."""
    overdue = Wash.objects.filter(status=WashStatus.AWAITING_PAYMENT, lease_expires_at__lte=real_now())
    ended = 0
    for wash in list(overdue.order_by("id")[:BATCH]):
        payment = payments.cancel_payment(wash.payment_id)
        if payment.status not in ("cancelled", "failed"):
            continue
        with transaction.atomic(durable=True):
            locked = lock_wash(str(wash.public_id))
            ended += locked is not None and move_wash(
                locked, WashStatus.CANCELLED, reason="lease_expired", ended_at=real_now()
            )
    return ended


def sweep_refunds() -> int:
    """Send refunds again that are still on their way, and call a person for a stuck one."""
    now = real_now()
    open_refunds = Wash.objects.filter(status=WashStatus.REFUNDING).exclude(refund_id="")
    pending = list(
        open_refunds.filter(ended_at__lte=now - timedelta(seconds=15))
        .select_related("bay__station")
        .order_by("id")[:BATCH]
    )
    for wash in pending:
        parts = list(wash.refunds.all())
        under_way = [part.refund_id for part in parts if part.refund_id and part.status == PartStatus.PENDING]
        for refund_id in under_way or [wash.refund_id]:
            payments.execute_refund(refund_id)
        if any(part.status == PartStatus.WAITING for part in parts) and not under_way:
            continue  # not stuck: a bank takes weeks
        if wash.ended_at and wash.ended_at <= now - REFUND_STUCK_AFTER:
            _alert_stuck(wash)
    return len(pending)


def sweep_levels() -> int:
    """Judge every known level again; return how many tanks are low.

    One query reads them all; only a tank whose status or alert is not what its level says is locked.
    """
    low = 0
    for tank in _known_tanks():
        status = judge(tank.level_ml, tank.capacity_ml, tank.thresholds, tank.status)
        low += status != TankStatus.OK
        told = tank.alert_pct == tank.level_pct or not tank.alert_is_older
        if status == tank.status and told and _alert_fits(status, tank.alert_severity, tank.alert_is_older):
            continue
        with transaction.atomic(durable=True):
            locked = Tank.objects.select_for_update(of=("self",)).select_related("station").get(pk=tank.pk)
            judge_tank(locked)
    return low


def sweep_overdue() -> int:
    """Call a person for washes that should have ended long ago; return how many there are."""
    late = Wash.objects.filter(
        status__in=(WashStatus.RUNNING, WashStatus.PAUSED),
        started_at__lte=real_now() - F("total_seconds") * timedelta(seconds=1) - OVERDUE_AFTER,
    )
    count = 0
    for public_id in _ids(late):
        with transaction.atomic(durable=True):
            wash = lock_wash(str(public_id))
            if wash is None or not wash.is_open:
                continue
            alerts.raise_alert(
                wash.bay.station,
                f"bay:{wash.bay.number}:overdue",
                Severity.WARNING,
                message="A paid wash has not ended. Look at the bay; write the wash off if it is over.",
            )
            count += 1
    return count


def sweep_connections() -> int:
    """Raise an alert for each station that has been offline for a minute; return how many are."""
    now = real_now()
    silent = Station.objects.filter(revoked_at=None, online=False, connection_changed_at__lte=now - OFFLINE_ALERT_AFTER)
    count = 0
    for key in list(silent.values_list("pk", flat=True)):
        with transaction.atomic(durable=True):
            station = Station.objects.select_for_update(no_key=True).get(pk=key)
            if station.online:
                continue
            alerts.raise_alert(station, CONNECTION, Severity.CRITICAL, message="The station is offline.")
            count += 1
    AlertSignature.objects.filter(seen_at__lt=now - SIGNATURE_KEPT).delete()
    return count


def _known_tanks() -> QuerySet[Tank, Any]:
    open_alert = Alert.objects.filter(
        station=OuterRef("station"),
        component=Concat(Value("tank:"), OuterRef("chemical")),
        cleared_at=None,
    )
    return (
        Tank.objects.exclude(status=TankStatus.UNKNOWN)
        .annotate(
            alert_severity=Subquery(open_alert.values("severity")[:1]),
            alert_pct=Subquery(open_alert.values("level_pct")[:1]),
            alert_is_older=Exists(open_alert.filter(raised_at__lt=OuterRef("reported_at"))),
        )
        .order_by("id")
    )


def _alert_fits(status: str, severity: str | None, alert_is_older: bool) -> bool:
    """Whether the open alert, if any, is what the status asks for.

    A device's report that is newer than the last level may know better than the level does.
    """
    if status == TankStatus.OK:
        return severity is None or not alert_is_older
    return severity == status or severity == Severity.CRITICAL


def _follow_up(public_id: str) -> bool:
    now = real_now()
    with transaction.atomic(durable=True):
        wash = lock_wash(public_id)
        if wash is None or wash.started_at is not None:
            return False
        if _start_cannot_come(wash, now):
            lifecycle.not_started(wash, reason="start_unconfirmed")
            return True
        moved = move_wash(wash, WashStatus.UNCONFIRMED, reason="no_start_in_45_s")
        if moved and wash.bay.station.online:
            commands.issue_once(CommandType.CANCEL, wash)
        return moved


def _start_cannot_come(wash: Wash, now: datetime) -> bool:
    start = Command.objects.filter(wash=wash, type=CommandType.START).order_by("-id").first()
    return start is None or start.expires_at + CLOCK_SKEW <= now


def _alert_stuck(wash: Wash) -> None:
    with transaction.atomic(durable=True):
        locked = lock_wash(str(wash.public_id))
        if locked is not None and locked.status == WashStatus.REFUNDING:
            alerts.raise_alert(
                locked.bay.station,
                refund_component(locked),
                Severity.CRITICAL,
                message="A refund is stuck; look at the payment.",
            )


def _ids(washes: QuerySet[Wash]) -> list[UUID]:
    return list(washes.order_by("id").values_list("public_id", flat=True)[:BATCH])
