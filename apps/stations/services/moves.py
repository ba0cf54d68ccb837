"""The one place that moves a wash or a top-up: conditional UPDATE, transition row and event together."""

from apps.common import events
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.ids import parse_public_id
from apps.stations.events import TopUpMoved, WashMoved
from apps.stations.models import TopUp, TopUpTransition, Wash, WashTransition
from apps.stations.states import TOP_UP_MOVES, WASH_MOVES


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
    wash.refresh_from_db(from_queryset=Wash.objects.select_related("bay__station", "program"))
    WashTransition.objects.create(wash=wash, from_status=before, to_status=target, reason=reason, at=real_now())
    events.publish(WashMoved(wash_id=str(wash.public_id), station=wash.bay.station.slug, status=target))
    return True


def move_top_up(top_up: TopUp, target: str, *, reason: str = "", **changes: object) -> bool:
    """Move the top-up as `move_wash` moves a wash; the caller holds its wash's row lock."""
    require_transaction()
    if target not in TOP_UP_MOVES[top_up.status]:
        return False
    before, wash = top_up.status, top_up.wash
    moved = TopUp.objects.filter(pk=top_up.pk, status=before).update(
        status=target, reason=reason or top_up.reason, **changes
    )
    if moved != 1:
        return False
    top_up.refresh_from_db()
    top_up.wash = wash  # the caller's instance, whose row is locked
    TopUpTransition.objects.create(top_up=top_up, from_status=before, to_status=target, reason=reason, at=real_now())
    events.publish(
        TopUpMoved(
            top_up_id=str(top_up.public_id),
            wash_id=str(wash.public_id),
            station=wash.bay.station.slug,
            status=target,
        )
    )
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


def lock_top_up(public_id: str) -> TopUp | None:
    """Return the top-up under its wash's row lock, or None; the wash comes along as `lock_wash` gives it."""
    require_transaction()
    found = TopUp.objects.filter(public_id=public_id).values_list("wash__public_id", flat=True).first()
    wash = lock_wash(str(found)) if found else None
    if wash is None:
        return None
    top_up = TopUp.objects.select_for_update().get(public_id=public_id)
    top_up.wash = wash
    return top_up
