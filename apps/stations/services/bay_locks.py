"""A bay whose starts fail is not sold again before somebody has looked at it."""

from django.db import transaction
from django.db.models import F

from apps.accounts.models import User
from apps.common import audit, events
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, NotFound
from apps.stations.events import StationChanged
from apps.stations.models import Bay
from apps.stations.services import commands
from apps.stations.services.alerts import clear_alert, raise_alert
from apps.stations.states import CommandType, Severity

FAILED_STARTS = 2
"""So many in a row lock a bay: one may be bad luck."""


def start_failed(bay: Bay) -> None:
    """Count a paid wash that the bay did not start; the second in a row locks the bay."""
    require_transaction()
    Bay.objects.filter(pk=bay.pk).update(failed_starts=F("failed_starts") + 1)
    if Bay.objects.filter(pk=bay.pk, failed_starts__gte=FAILED_STARTS, locked_at=None).update(locked_at=real_now()):
        raise_alert(
            bay.station,
            lock_component(bay),
            Severity.CRITICAL,
            message=f"Bay {bay.number} failed to start twice and is locked. Look at it, then unlock it.",
        )
        events.publish(StationChanged(station=bay.station.slug))


def start_worked(bay: Bay) -> None:
    """Water ran: the row of failures is over. A lock stays until somebody has looked."""
    require_transaction()
    Bay.objects.filter(pk=bay.pk, failed_starts__gt=0).update(failed_starts=0)


def unlock(bay: Bay, *, actor: User | None = None, reason: str) -> bool:
    """Sell the bay again after a visit, or once it has answered; True when it was locked."""
    require_transaction()
    Bay.objects.filter(pk=bay.pk).update(failed_starts=0)
    if not Bay.objects.filter(pk=bay.pk).exclude(locked_at=None).update(locked_at=None):
        return False
    clear_alert(bay.station, lock_component(bay), actor=actor, reason=reason)
    audit.record(actor, "bay.unlocked", str(bay.public_id), reason=reason)
    events.publish(StationChanged(station=bay.station.slug))
    return True


def unlock_by_hand(actor: User, bay_id: str, *, reason: str) -> Bay:
    """Sell a locked bay again. Raises: NotFound; Conflict `bay_not_locked`."""
    with transaction.atomic(durable=True):
        bay = _locked_row(bay_id)
        if not unlock(bay, actor=actor, reason=reason):
            raise Conflict("bay_not_locked", "This bay is not locked; nothing was changed.")
        bay.refresh_from_db()
        return bay


def identify(actor: User, bay_id: str, *, reason: str) -> Bay:
    """Ask the bay to blink; when it answers, a lock is over. Raises: NotFound; Conflict `bay_offline`."""
    with transaction.atomic(durable=True):
        bay = _locked_row(bay_id)
        if not bay.station.online:
            raise Conflict("bay_offline", "The station is offline, so the bay cannot answer.")
        commands.issue(CommandType.IDENTIFY, bay=bay)
        audit.record(actor, "bay.identified", bay_id, reason=reason)
        return bay


def lock_component(bay: Bay) -> str:
    """Return the alert component of a bay's lock."""
    return f"bay:{bay.number}:locked"


def _locked_row(bay_id: str) -> Bay:
    bay = Bay.objects.select_for_update(of=("self",)).select_related("station").filter(public_id=bay_id).first()
    if bay is None:
        raise NotFound("not_found", "There is no such bay.")
    return bay
