"""Washes that have ended for us and that a bay still holds: it is told to let go of them.

A cancel may expire while its station is away; the wash is given back all the same, and the device, back with its
memory, waits for a customer who has left. Level-triggered: it looks at what bays last said.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.ids import parse_public_id
from apps.stations.models import Bay, Wash
from apps.stations.services import commands
from apps.stations.services.lifecycle import NEVER_STARTED
from apps.stations.services.moves import lock_wash
from apps.stations.states import OPEN_WASH, BayState, CommandType, WashStatus

GRACE = timedelta(seconds=15)
"""How long a bay has to say by itself that it let go."""
BATCH = 200
_STILL_GOES_ON = (*OPEN_WASH, WashStatus.INTERRUPTED)


def sweep_leftovers() -> int:
    """Tell online bays to let go of washes that have ended; return how many were told.

    One that never had water is cancelled. A paused one is stopped, unless it is a gift after a late start:
    its customer may be standing there.
    """
    holding = Bay.objects.filter(state__in=(BayState.READY, BayState.PAUSED), station__online=True)
    bays = holding.exclude(device_wash="").filter(station__revoked_at=None).order_by("id")[:BATCH]
    held = {bay.pk: (bay, found) for bay in bays if (found := parse_public_id(bay.device_wash)) is not None}
    over = Wash.objects.filter(public_id__in=[wash for _, wash in held.values()]).exclude(status__in=_STILL_GOES_ON)
    settled = set(
        over.filter(Q(ended_at=None) | Q(ended_at__lte=real_now() - GRACE)).values_list("public_id", flat=True)
    )
    return sum(_tell(bay, str(wash)) for bay, wash in held.values() if wash in settled)


def _tell(bay: Bay, wash_id: str) -> bool:
    with transaction.atomic(durable=True):
        wash = lock_wash(wash_id)
        if wash is None or wash.status in _STILL_GOES_ON:
            return False
        if bay.state == BayState.READY:
            return commands.issue_once(CommandType.CANCEL, wash, bay)
        return wash.reason not in NEVER_STARTED and commands.issue_once(CommandType.STOP, wash, bay)
