"""What a thief left at a real broker comes again with each subscription; new credentials alone put an end to it."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.stations.bridge.subscriptions import MONEY_TAILS, TELEMETRY_TAILS, of_all
from apps.stations.bridge.worker import Diffs, LaneWorker
from apps.stations.gateways.mqtt import Lane
from apps.stations.models import DeadLetter, Station, StationEvent
from apps.stations.services.intake import Raw
from apps.stations.services.provisioning import provision_station
from apps.stations.tests.broker_rights import A, B
from apps.stations.tests.device import Device
from apps.stations.tests.test_broker_rights import broker as broker
from apps.stations.tests.test_broker_rights import exported as exported
from apps.stations.tests.test_thief import HIGHEST_BOOT, HIGHEST_SEQ, altered
from petwash.devstack.mqtt import MqttServer
from petwash.devstack.tests.mqtt_peer import PATIENCE, Peer, peer

pytestmark = pytest.mark.django_db
HIGHEST: dict[str, Any] = {"boot": HIGHEST_BOOT, "seq": HIGHEST_SEQ}


class Ear:
    """A lane of the bridge with its worker, turned by hand; each one subscribes anew to the same session."""

    def __init__(self, settings: Any, neighbour: Device) -> None:
        self._neighbour = neighbour
        self.lane = Lane(settings.MQTT, "ear", of_all(MONEY_TAILS + TELEMETRY_TAILS))
        self.worker = LaneWorker(self.lane, self.lane, Diffs(), threading.Event())
        self.lane.start()
        assert self.lane.subscribed.wait(PATIENCE)

    def hear_all(self) -> None:
        """Take everything up to a word of the neighbour, which the broker gets after all that it holds."""
        last = self._neighbour.level(20_000 - self._neighbour.seq)
        self.lane.publish(last.topic, last.payload).wait_for_publish(PATIENCE)
        tank = self._neighbour.station.tanks.get(chemical="shampoo")
        while tank.seq < self._neighbour.seq:
            self.worker.turn()
            tank.refresh_from_db()


@pytest.fixture
def connect(settings: Any, exported: None) -> Iterator[Callable[[], Ear]]:
    ears: list[Ear] = []
    neighbour = Device(Station.objects.get(slug=B))

    def make() -> Ear:
        for ear in ears:
            ear.lane.stop()
        ears.append(Ear(settings, neighbour))
        return ears[-1]

    yield make
    ears[-1].lane.stop()


def say(speaker: Peer, *raws: Raw, retain: bool = False) -> None:
    for raw in raws:
        speaker.publish(raw.topic, raw.payload.decode(), retain=retain)


def test_what_a_thief_retained_is_harmless_after_new_credentials(
    broker: MqttServer, connect: Callable[[], Ear]
) -> None:
    station = Station.objects.get(slug=A)
    false, true = Device(station), Device(station)
    seventh = false.level(1, **HIGHEST)
    lies = [
        altered(false.conn(), boot=HIGHEST_BOOT),
        false.state("fault", fault="stolen", **HIGHEST),
        false.state("fault", bay=77, fault="stolen", **HIGHEST),
        false.level(1, **HIGHEST),
        Raw(seventh.topic.replace("shampoo", "7"), seventh.payload),
        false.event("fault", None),
        Raw(f"pw/v1/st/{A}/birth", b"{"),
    ]
    connect().hear_all()
    thief = Peer(broker, A, f"of {A}").wait_connected()
    say(thief, *lies, retain=True)
    given = provision_station(slug=A, name=A, bays=1, rotate=True)
    thief.gone.get(timeout=PATIENCE)
    thief.leave()
    connect().hear_all()  # what he said live before he was out, and all of it again from the store
    letters, events = DeadLetter.objects.count(), StationEvent.objects.count()
    assert (letters, events) == (2, 1), "bay 77 and the birth; the event: each once, when it was said"

    with peer(broker, A, given["mqtt"]["password"]) as device:
        say(device, true.conn(), true.state("idle"), true.level(9_000), retain=True)
        connect().hear_all()
        for level in (8_000, 7_000):
            ear = connect()
            say(device, true.level(level), retain=True)
            ear.hear_all()
            assert station.tanks.get(chemical="shampoo").level_ml == level
    bay = station.bays.get(number=1)
    assert (bay.state, bay.boot, Station.objects.get(slug=A).online) == ("idle", 1, True)
    assert (DeadLetter.objects.count(), StationEvent.objects.count()) == (letters, events)
    assert ear.worker.meter.figures()["ignored"]["retained"] > 0
    with peer(broker, "bridge", broker.password) as auditor:
        auditor.subscribe("pw/v1/st/#")
        say(auditor, Device(Station.objects.get(slug=B)).conn())
        held = set()
        while (message := auditor.hear(1)[0]).topic != f"pw/v1/st/{B}/conn":
            held.add(message.topic.removeprefix(f"pw/v1/st/{A}/"))
    assert held == {"conn", "bay/1/state", "bay/77/state", "tank/7/level", "tank/shampoo/level"}
