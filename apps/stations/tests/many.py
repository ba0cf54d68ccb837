"""A city of stations, written in a handful of statements."""

from apps.common.clock import real_now
from apps.common.heartbeats import beat
from apps.stations.models import Alert, Bay, Station, Tank
from apps.stations.states import BayState, Severity, TankStatus

CHEMICALS = ("conditioner", "disinfectant", "flea_tick", "shampoo")
ZONES = ("east", "north", "south", "west")
CAPACITY_ML = 20_000


def make_many(count: int) -> None:
    """Write stations `st-000` ...: four zones, two bays and four tanks each.

    The last one has a fault, the one before it is offline, the one before that a critical tank with its alert.
    """
    stations = Station.objects.bulk_create(
        Station(slug=f"st-{n:03}", name=f"Station {n:03}", zone=ZONES[n % 4], online=n != count - 2)
        for n in range(count)
    )
    Bay.objects.bulk_create(
        Bay(
            station=station,
            number=number,
            state=BayState.RUNNING if (n + number) % 3 == 0 else BayState.IDLE,
            seconds_left=240 if (n + number) % 3 == 0 else 0,
        )
        for n, station in enumerate(stations)
        for number in (1, 2)
    )
    Tank.objects.bulk_create(
        Tank(
            station=station,
            chemical=chemical,
            capacity_ml=CAPACITY_ML,
            level_ml=CAPACITY_ML * (30 + (n * 7 + k * 13) % 65) // 100,
            status=TankStatus.OK,
        )
        for n, station in enumerate(stations)
        for k, chemical in enumerate(CHEMICALS)
    )
    Bay.objects.filter(station=stations[-1], number=1).update(state=BayState.FAULT, seconds_left=0)
    Tank.objects.filter(station=stations[-3], chemical="shampoo").update(level_ml=900, status=TankStatus.CRITICAL)
    Alert.objects.create(
        station=stations[-3],
        component="tank:shampoo",
        severity=Severity.CRITICAL,
        level_pct=4,
        raised_at=real_now(),
    )
    beat("bridge")
