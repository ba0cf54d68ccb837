"""The one place that moves a wash: conditional UPDATE, transition row and event together."""

from apps.common import events
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.ids import parse_public_id
from apps.stations.events import WashMoved
from apps.stations.models import Wash, WashTransition
from apps.stations.states import WASH_MOVES


def move_wash(wash: Wash, target: str, *, reason: str = "", **changes: object) -> bool:
    """Move the wash if it still is where the caller saw it and the move is allowed.

    Returns False, and changes nothing, when someone else was first or the move is not allowed.
    The given instance follows the row.
    """
    require_transaction()
    if target not in WASH_MOVES[wash.status]:
        return False
    before = wash.status
    moved = Wash.objects.filter(pk=wash.pk, status=before).update(
        status=target, reason=reason or wash.reason, **changes
    )
    if moved != 1:
        return False
    wash.refresh_from_db()
    WashTransition.objects.create(wash=wash, from_status=before, to_status=target, reason=reason, at=real_now())
    events.publish(WashMoved(wash_id=str(wash.public_id), station=wash.bay.station.slug, status=target))
    return True


def lock_wash(public_id: str) -> Wash | None:
    """Return the wash with its row locked, or None; bay, station and program come along.

    Devices name washes in their own words: what is no id of ours is no wash.
    """
    require_transaction()
    if parse_public_id(public_id) is None:
        return None
    return (
        Wash.objects.select_for_update(of=("self",))
        .select_related("bay__station", "program")
        .filter(public_id=public_id)
        .first()
    )
