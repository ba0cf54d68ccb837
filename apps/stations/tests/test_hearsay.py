"""What no station says now, empty or from the broker's store, moves nothing and fills no table."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from apps.common.clock import real_now
from apps.stations.bridge.worker import Diffs, LaneWorker
from apps.stations.gateways.mqtt import Received
from apps.stations.models import Alert, Command, DeadLetter, Station, StationEvent
from apps.stations.services.device_words import SETTLED_AFTER
from apps.stations.services.intake import Raw
from apps.stations.tests.device import Device
from apps.stations.tests.test_thief import HIGHEST_BOOT, HIGHEST_SEQ, altered

pytestmark = pytest.mark.django_db
ROOT = "pw/v1/st/riverside"
HIGHEST: dict[str, Any] = {"boot": HIGHEST_BOOT, "seq": HIGHEST_SEQ}


class Lane:
    """A lane with one batch that remembers what is acknowledged and what is cleared."""

    name = "lane"

    def __init__(self, *said: Raw) -> None:
        self._batch = [Received(raw.topic, raw.payload, mid, 1, 0.0, raw.retained) for mid, raw in enumerate(said, 1)]
        self.acked: list[int] = []
        self.cleared: list[str] = []
        self.published: list[str] = []

    def take(self, limit: int, seconds: float) -> list[Received]:
        batch, self._batch = self._batch, []
        return batch

    def ack(self, batch: Sequence[Received]) -> None:
        self.acked += [message.mid for message in batch]

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if retain:
            assert payload == b""
        (self.cleared if retain else self.published).append(topic)


def hear(*said: Raw) -> tuple[Lane, LaneWorker]:
    lane: Any = Lane(*said)
    worker = LaneWorker(lane, lane, Diffs(), threading.Event())
    worker.turn()
    return lane, worker


def kept(raw: Raw) -> Raw:
    """The same, from the broker's store."""
    return Raw(raw.topic, raw.payload, retained=True)


def boots(station: Station) -> set[int]:
    parts = [*station.bays.values_list("boot", flat=True), *station.tanks.values_list("boot", flat=True)]
    return {*parts, *Station.objects.filter(pk=station.pk).values_list("boot", flat=True)}


def doubt(station: Station, **ago: float) -> None:
    Station.objects.filter(pk=station.pk).update(doubted_since=real_now() - timedelta(**ago))


def test_empty_messages_on_every_topic_are_acknowledged_and_counted(device: Device, station: Station) -> None:
    tails = ("conn", "birth", "alert", "bay/1/event", "bay/1/state", "tank/shampoo/level", "ack/x", "tank/9/level")
    flood = [Raw(f"{ROOT}/{tail}", b"") for tail in tails for _ in range(500)]
    lane, worker = hear(*flood, device.level(7_000))
    assert len(lane.acked) == len(flood) + 1
    assert worker.meter.figures()["ignored"] == {"empty": len(flood)}
    assert station.tanks.get(chemical="shampoo").level_ml == 7_000
    assert (lane.cleared, lane.published) == ([], [])
    assert not DeadLetter.objects.exists()
    assert not Alert.objects.exists()


def test_of_what_the_broker_keeps_only_the_certificate_is_read(device: Device, station: Station) -> None:
    event, answer = device.event("fault", None), Raw(f"{ROOT}/ack/01J9Z3K4M5N6P7Q8R9S0T1V2W3", b"{")
    state, level, conn = device.state("fault", fault="x", **HIGHEST), device.level(1, **HIGHEST), device.conn()
    lane, worker = hear(*map(kept, (event, answer, device.alert("shampoo", 1), state, level, conn)))
    assert sorted(lane.acked) == [1, 2, 3, 4, 5, 6]
    assert worker.meter.figures()["ignored"] == {"retained": 5}
    assert lane.cleared == [event.topic, answer.topic, f"{ROOT}/alert"], "the protocol keeps none of these"
    assert lane.published == []
    assert Station.objects.get().online
    assert boots(station) == {0, 1}
    assert not StationEvent.objects.exists()
    assert not DeadLetter.objects.exists()


def test_a_last_will_that_came_while_nobody_listened_is_read(device: Device) -> None:
    device.say(device.conn())
    hear(kept(device.conn(online=False)))
    assert not Station.objects.get().online


def test_with_new_credentials_what_was_kept_is_not_believed_but_asked_about(device: Device, station: Station) -> None:
    Station.objects.update(online=False)
    doubt(station, seconds=1)
    known, highest = boots(station), altered(device.conn(), boot=HIGHEST_BOOT)
    for _ in range(2):
        hear(kept(highest))
        hear(kept(altered(highest, online=False)))
    assert boots(station) == known
    assert not Station.objects.get().online
    assert [command.type for command in Command.objects.all()] == ["rebirth"]


def test_what_the_thief_says_before_he_is_out_ends_with_the_new_devices_certificate(
    device: Device, station: Station
) -> None:
    device.say(device.conn())
    doubt(station, seconds=1)
    thief = Device(station)
    thief.say(thief.conn(), thief.state("fault", fault="x", seq=HIGHEST_SEQ), thief.level(1, **HIGHEST))
    thief.say(altered(thief.conn(), boot=HIGHEST_BOOT), altered(thief.conn(online=False), boot=HIGHEST_BOOT))
    device.say(device.conn(), device.state("idle"), device.level(9_000))
    assert (station.bays.get(number=1).state, Station.objects.get().online) == ("idle", True)
    assert station.tanks.get(chemical="shampoo").level_ml == 9_000
    assert boots(station) == {0, 1}
    assert not Alert.objects.filter(component="controller").exists(), "it is the same board"


def test_later_the_counters_hold_again(device: Device, station: Station) -> None:
    device.boot = 5
    doubt(station, minutes=9)
    device.say(device.conn())
    assert Station.objects.get().doubted_since is not None
    doubt(station, seconds=SETTLED_AFTER.total_seconds())
    device.say(device.conn(), device.state("idle"))
    assert Station.objects.get().doubted_since is None
    device.say(altered(device.conn(online=False), boot=4))
    assert Station.objects.get().online, "an older boot's last will"
    assert station.bays.get(number=1).boot == 5
