"""What the holder of a wash token may do with a wash."""

from django.db import transaction

from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.payments import services as payments
from apps.stations import selectors
from apps.stations.models import Wash
from apps.stations.services import commands, moving
from apps.stations.services.moves import lock_wash, move_wash
from apps.stations.states import CommandType, WashStatus


def stop_wash(*, wash_id: str, wash_token: str) -> Wash:
    """End a wash early: a running one is told to stop, one not begun is cancelled.

    The refund of the unused seconds follows the station's own word. Saying it twice is saying it
    once; a wash that has ended is returned as it is.
    Raises: NotFound; Conflict `bay_offline`.
    """
    wash = selectors.access_wash(wash_id, wash_token)
    if wash.status == WashStatus.AWAITING_PAYMENT:
        _give_up_payment(wash)
    elif wash.status == WashStatus.INTERRUPTED:
        _decline_move(wash)
    elif wash.is_open:
        _tell_station(wash)
    return selectors.access_wash(wash_id, wash_token)


def resume_wash(*, wash_id: str, wash_token: str) -> Wash:
    """Ask the bay of a paused wash to run on; the wash follows the bay's own word.

    Saying it twice is saying it once. A wash that runs already is returned as it is.
    Raises: NotFound; Conflict `wash_not_paused`, `bay_offline`.
    """
    wash = selectors.access_wash(wash_id, wash_token)
    with transaction.atomic(durable=True):
        locked = lock_wash(str(wash.public_id))
        if locked is None or locked.status not in (WashStatus.PAUSED, WashStatus.RUNNING):
            raise Conflict("wash_not_paused", "Only a paused wash can be resumed.", {"status": wash.status})
        if not locked.bay.station.online:
            raise Conflict("bay_offline", "The station is offline. Press the button at the bay to go on.")
        if locked.status == WashStatus.PAUSED:
            commands.issue_once(CommandType.RESUME, locked)
    return selectors.access_wash(wash_id, wash_token)


def _decline_move(wash: Wash) -> None:
    with transaction.atomic(durable=True):
        locked = lock_wash(str(wash.public_id))
        if locked is not None:
            moving.decline(locked)


def _give_up_payment(wash: Wash) -> None:
    payment = payments.cancel_payment(wash.payment_id)
    if payment.status not in ("cancelled", "failed"):
        return  # it went through after all: its result has moved the wash
    with transaction.atomic(durable=True):
        locked = lock_wash(str(wash.public_id))
        if locked is not None:
            move_wash(locked, WashStatus.CANCELLED, reason="given_up", ended_at=real_now())


def _tell_station(wash: Wash) -> None:
    with transaction.atomic(durable=True):
        locked = lock_wash(str(wash.public_id))
        if locked is None or not locked.is_open:
            return
        if not locked.bay.station.online:
            raise Conflict(
                "bay_offline",
                "The station is offline, so the wash cannot be stopped from here. "
                "Press the red button at the bay; unused seconds are refunded.",
            )
        begun = locked.status in (WashStatus.RUNNING, WashStatus.PAUSED)
        commands.issue_once(CommandType.STOP if begun else CommandType.CANCEL, locked)
