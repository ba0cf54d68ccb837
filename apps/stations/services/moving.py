"""The remaining seconds of a wash whose bay broke down go on at a free bay of the station.

The money does not move: the same wash gets another bay and another start, for what is left. While the
offer stands nothing is refunded; afterwards, or when the customer says so, everything unused is.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction

from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict
from apps.stations import availability, selectors
from apps.stations.models import Bay, Station, Tank, Wash, WashMove
from apps.stations.services import commands, presence
from apps.stations.services.moves import lock_wash, move_wash
from apps.stations.services.refunds import settle_early_end
from apps.stations.states import OPEN_WASH, CommandType, WashStatus
from apps.stations.top_up_terms import FEWEST_SECONDS, ml_of

OFFER = timedelta(minutes=2)


def offer(wash: Wash) -> bool:
    """Keep the seconds of a broken bay's wash for two minutes, if a free bay can take them; else False.

    A rest that is shorter than the shortest top-up is not worth a walk with a wet dog.
    """
    require_transaction()
    if wash.total_seconds - wash.seconds_used < FEWEST_SECONDS or not _fit_bays(wash):
        return False
    moved = move_wash(wash, WashStatus.INTERRUPTED, reason="bay_fault", move_until=real_now() + OFFER)
    if moved:
        commands.withdraw(wash, CommandType.START)
    return moved


def offered(wash: Wash) -> list[Bay]:
    """Return the bays that the wash may go on at right now."""
    return _fit_bays(wash) if _stands(wash) else []


def decline(wash: Wash) -> bool:
    """Give the seconds back instead; the caller holds the row lock. False when there is no offer any more."""
    require_transaction()
    if wash.status != WashStatus.INTERRUPTED:
        return False
    settle_early_end(wash, wash.seconds_used, reason="bay_fault")
    return True


def move(*, wash_id: str, wash_token: str, bay_id: str, bay_token: str, presence_code: str, address: str) -> Wash:
    """Lease the other bay and start what is left there, in one transaction; a repeat changes nothing.

    Raises: NotFound; Forbidden `bay_token_invalid`, `presence_code_required`, `presence_code_invalid`;
    InvalidInput; TooManyRequests; Conflict `nothing_to_move`, `bay_not_offered`, or why the bay is unfit.
    """
    wash = selectors.access_wash(wash_id, wash_token)
    bay = presence.find_bay(bay_id, bay_token)
    if _went_to(wash, bay):
        return wash
    presence.demand_code(bay, presence_code, address=address)
    with transaction.atomic(durable=True):
        _move(wash, bay)
    return selectors.access_wash(wash_id, wash_token)


def _move(found: Wash, bay: Bay) -> None:
    station = Station.objects.select_for_update(no_key=True).get(pk=found.bay.station_id)
    wash = lock_wash(str(found.public_id))
    assert wash is not None, "washes are never deleted"
    if _went_to(wash, bay):
        return
    if not _stands(wash):
        raise Conflict(
            "nothing_to_move", "This wash has no seconds to move: they ran, or are refunded.", {"status": wash.status}
        )
    if bay.station_id != station.pk or bay.pk in _left(wash):
        raise Conflict("bay_not_offered", "Choose one of the bays that the wash may move to.")
    bay = Bay.objects.select_related("station").get(pk=bay.pk)
    refusal = _refusal(station, bay, wash)
    if refusal is not None:
        raise Conflict(refusal.code, refusal.sentence, refusal.details)
    _go_on(wash, bay)


def _go_on(wash: Wash, bay: Bay) -> None:
    before, used, now = wash.bay, wash.seconds_used, real_now()
    need = _need(wash)
    try:
        with transaction.atomic():
            move_wash(
                wash,
                WashStatus.ACTIVATING,
                reason="moved",
                bay=bay,
                carried_seconds=used,
                ml=need,
                moved_at=now,
                move_until=None,
                started_at=None,
            )
    except IntegrityError as error:
        raise Conflict("bay_busy", "Somebody else has just taken this bay. Your seconds are still yours.") from error
    WashMove.objects.create(wash=wash, from_bay=before, to_bay=bay, carried_seconds=used, at=now)
    commands.issue(CommandType.START, wash=wash)


def _fit_bays(wash: Wash) -> list[Bay]:
    """Return the other bays of the station that are free and whose tanks can finish the rest."""
    station = wash.bay.station
    left = _left(wash)
    others = [bay for bay in station.bays.select_related("station") if bay.pk not in left]
    return [bay for bay in others if _refusal(station, bay, wash) is None]


def _refusal(station: Station, bay: Bay, wash: Wash) -> availability.Refusal | None:
    open_washes = list(Wash.objects.filter(bay__station=station, status__in=OPEN_WASH).exclude(pk=wash.pk))
    tanks = list(Tank.objects.filter(station=station))
    return availability.unfit_bay(station, bay, open_washes) or availability.dry_tank(_need(wash), tanks, open_washes)


def _need(wash: Wash) -> dict[str, int]:
    return ml_of(wash.total_seconds - wash.seconds_used, wash.ml, wash.bay_seconds)


def _left(wash: Wash) -> set[int]:
    """The present bay and those before it: a station never starts the same wash twice at a bay."""
    return {wash.bay_id, *wash.moves.values_list("from_bay_id", flat=True)}


def _went_to(wash: Wash, bay: Bay) -> bool:
    return wash.bay_id == bay.pk and wash.moved_at is not None and wash.status != WashStatus.INTERRUPTED


def _stands(wash: Wash) -> bool:
    return wash.status == WashStatus.INTERRUPTED and wash.move_until is not None and wash.move_until > real_now()
