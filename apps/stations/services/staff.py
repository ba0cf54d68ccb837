"""What staff may do with a wash by hand, when no message will end it any more."""

from django.db import transaction

from apps.accounts.models import User
from apps.common import audit
from apps.common.clock import real_now
from apps.common.errors import Conflict, NotFound
from apps.stations.models import Wash
from apps.stations.services import top_up_words
from apps.stations.services.alerts import clear_alert
from apps.stations.services.moves import lock_wash, move_wash
from apps.stations.services.refunds import begin_refund, unused_of
from apps.stations.states import WashStatus

CAN_BE_WRITTEN_OFF = (WashStatus.RUNNING, WashStatus.PAUSED)


def write_off(actor: User, wash_id: str, *, reason: str) -> Wash:
    """End a wash whose station will not: unused seconds, as last reported, are refunded.

    Raises: NotFound; Conflict `wash_not_running` for one that has not begun or has ended.
    """
    with transaction.atomic(durable=True):
        wash = lock_wash(wash_id)
        if wash is None:
            raise NotFound("not_found", "There is no such wash.")
        if wash.status not in CAN_BE_WRITTEN_OFF:
            raise Conflict("wash_not_running", "Only a wash that runs or is paused can be written off.")
        top_up_words.end_with_wash(wash)
        used = _seconds_used(wash)
        Wash.objects.filter(pk=wash.pk).update(seconds_used=used)
        shares = unused_of(wash, used)
        if shares:
            begin_refund(wash, shares, reason="written_off")
        else:
            move_wash(wash, WashStatus.STOPPED, reason="written_off", ended_at=real_now())
        clear_alert(wash.bay.station, f"bay:{wash.bay.number}:overdue", actor=actor, reason=reason)
        audit.record(
            actor,
            "wash.written_off",
            wash_id,
            reason=reason,
            refund_minor=sum(share.amount.amount_minor for share in shares),
        )
        return wash


def _seconds_used(wash: Wash) -> int:
    if wash.bay.device_wash == str(wash.public_id):
        return max(wash.seconds_used, wash.total_seconds - min(wash.bay.seconds_left, wash.total_seconds))
    return wash.seconds_used
