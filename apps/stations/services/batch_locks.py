"""The rows that a batch will change, locked first and in one order: stations, washes, bays, tanks, each by key.

A batch holds what many stations say, in the order of its arrival. Two lanes that lock as they read would lock each
other out, and a lane would lock out a customer, who locks the station and then the wash.
"""

from collections.abc import Iterable

from django.db.models import Q

from apps.common.db import require_transaction
from apps.common.ids import parse_public_id
from apps.stations.models import Bay, Command, Station, Tank, Wash
from apps.stations.protocol import messages
from apps.stations.protocol.messages import BayStatus

_FOLLOWED = (BayStatus.PAUSED, BayStatus.RUNNING)


def lock_rows(said: Iterable[tuple[str, Bay | None, messages.Message]]) -> None:
    """Lock the rows for (station's slug, bay where one is named, message), each row once.

    Reports of states and levels lock their bays and tanks themselves, in the same order, as they write them.
    """
    require_transaction()
    slugs: set[str] = set()
    bays: set[int] = set()
    names: set[str] = set()
    commands: set[str] = set()
    for slug, bay, message in said:
        match message:
            case messages.Conn() | messages.Birth():
                slugs.add(slug)
            case messages.BayEvent(wash=str(wash)):
                names.add(wash)
                if bay:
                    bays.add(bay.pk)
            case messages.BayState(wash=str(wash), state=state) if state in _FOLLOWED and bay and bay.state != state:
                names.add(wash)
            case messages.Ack(id=command):
                commands.add(command)
    if slugs:
        list(Station.objects.select_for_update(no_key=True).filter(slug__in=slugs).order_by("id").only("id"))
    wanted = _washes(names, commands)
    if wanted:
        locked = Wash.objects.select_for_update().filter(wanted).order_by("id").only("bay_id")
        bays.update(wash.bay_id for wash in locked)
    _lock_parts(slugs, bays)


def _lock_parts(slugs: set[str], bays: set[int]) -> None:
    """A new board counts its bays and tanks anew, and a wash that fails to start is counted at its bay."""
    whole = Q(station__in=Station.objects.filter(slug__in=slugs))
    if slugs or bays:
        mine = Bay.objects.select_for_update(no_key=True).filter(whole | Q(pk__in=bays)).order_by("id")
        list(mine.values_list("pk", flat=True))
    if slugs:
        list(Tank.objects.select_for_update(no_key=True).filter(whole).order_by("id").values_list("pk", flat=True))


def _washes(names: set[str], commands: set[str]) -> Q | None:
    """Devices name washes in their own words: what is no id of ours is no wash."""
    ids = [found for found in map(parse_public_id, names) if found is not None]
    answered = Command.objects.filter(ulid__in=commands, wash__isnull=False) if commands else Command.objects.none()
    keys = list(answered.values_list("wash_id", flat=True))
    return Q(public_id__in=ids) | Q(pk__in=keys) if ids or keys else None
