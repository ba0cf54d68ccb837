"""A small world of stations: one call makes a station that is online, full and idle."""

from typing import Any

from django.conf import settings

from apps.common.clock import real_now
from apps.common.heartbeats import beat
from apps.common.ids import uuid7
from apps.stations.models import Bay, Program, Station, StationCredential, Tank
from apps.stations.services.activation import Activation, activate
from apps.stations.states import BayState, TankStatus
from apps.stations.tokens import make_bay_token

PROGRAM = {"code": "quick", "name": "Quick wash", "seconds": 300, "price_minor": 900}
CHEMICALS = {"shampoo": 20_000, "disinfectant": 10_000}


def make_station(slug: str = "riverside", *, bays: int = 2, ready: bool = True, **fields: Any) -> Station:
    """Return a station; `ready` means online with full tanks and idle bays, and a bridge that beats."""
    station = Station.objects.create(
        slug=slug,
        name=slug.title(),
        online=ready,
        epoch="epoch-1" if ready else "",
        boot=1 if ready else 0,
        connection_changed_at=real_now(),
        **fields,
    )
    StationCredential.objects.create(station=station, hmac_key=f"hmac-key-of-{slug}")
    for number in range(1, bays + 1):
        Bay.objects.create(station=station, number=number, state=BayState.IDLE if ready else BayState.OFFLINE)
    for chemical, capacity in CHEMICALS.items():
        Tank.objects.create(
            station=station,
            chemical=chemical,
            capacity_ml=capacity,
            level_ml=capacity if ready else 0,
            status=TankStatus.OK if ready else TankStatus.UNKNOWN,
        )
    Program.objects.create(station=station, ml={"shampoo": 150, "disinfectant": 50}, **PROGRAM)
    if ready:
        beat("bridge")
    return station


def buy_wash(bay: Bay, payment_method: str = "pm_card_visa") -> Activation:
    """Buy a quick wash as a customer who stands at the bay."""
    return activate(
        bay_id=str(bay.public_id),
        bay_token=bay_token(bay),
        program="quick",
        payment_method=payment_method,
        key=str(uuid7()),
        address="192.0.2.7",
    )


def bay_token(bay: Bay) -> str:
    """Return the token that is printed at the bay."""
    return make_bay_token(settings.BAY_TOKEN_KEY, str(bay.public_id), bay.token_version)
