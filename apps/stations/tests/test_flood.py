"""A station that floods: the others are served, money waits, one alert stands, the tables stay small."""

import json
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from apps.common.clock import real_now
from apps.stations.bridge import worker
from apps.stations.bridge.worker import Diffs, LaneWorker
from apps.stations.gateways.mqtt import Received
from apps.stations.models import Alert, DeadLetter, Station, StationEvent, Wash
from apps.stations.services import flood, intake
from apps.stations.services.intake import Raw
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db
ROOT = "pw/v1/st/riverside"


class Lane:
    """A lane that hands out the batches of a test and remembers what is acknowledged."""

    name = "lane"

    def __init__(self, *batches: Sequence[Raw]) -> None:
        numbered = iter(range(1, 1_000_000))
        self._batches = [[Received(raw.topic, raw.payload, next(numbered), 1) for raw in batch] for batch in batches]
        self.acked: list[bytes] = []
        self.published: list[str] = []

    def take(self, limit: int, seconds: float) -> list[Received]:
        return self._batches.pop(0) if self._batches else []

    def ack(self, batch: Sequence[Received]) -> None:
        self.acked += [message.payload for message in batch]

    def publish(self, topic: str, payload: bytes) -> None:
        self.published.append(topic)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[float]:
    """The worker's steady clock, moved by hand; a limit of five at once and ten a second."""
    settings.STATION_MESSAGES_PER_SECOND, settings.STATION_MESSAGES_BURST = 10, 5
    now = [1_000.0]
    monkeypatch.setattr(worker, "_now", lambda: now[0])
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0)
    monkeypatch.setattr(connection, "close", lambda: None)
    return now


def worker_of(lane: Lane) -> LaneWorker:
    either: Any = lane
    return LaneWorker(either, either, Diffs(), threading.Event())


def flood_alerts() -> list[Alert]:
    return list(Alert.objects.filter(component="flood"))


def test_levels_are_thinned_to_the_newest_and_the_neighbour_is_served(device: Device, station: Station) -> None:
    neighbour = make_station("hillside")
    storm = [device.level(20_000 - number) for number in range(200)]
    lane = Lane([*storm, Device(neighbour).level(1_234)])
    worker_of(lane).turn()
    assert station.tanks.get(chemical="shampoo").level_ml == 19_801
    assert neighbour.tanks.get(chemical="shampoo").level_ml == 1_234
    assert len(lane.acked) == 201
    [alert] = flood_alerts()
    assert (alert.station, alert.severity) == (station, "warning")
    station.refresh_from_db()
    assert station.messages_over_limit == 195


def test_events_wait_unacknowledged_and_all_arrive(device: Device, running: Wash, clock: list[float]) -> None:
    before = StationEvent.objects.count()
    events = [device.event("topped_up", running, total_seconds=300) for _ in range(12)]
    lane = Lane(events)
    busy = worker_of(lane)
    busy.turn()
    assert StationEvent.objects.count() == before + 5
    assert lane.acked == [raw.payload for raw in events[:5]]
    assert len(lane.published) == 5
    for _ in range(2):
        clock[0] += 0.5
        busy.turn()
    assert StationEvent.objects.count() == before + 12
    assert lane.acked == [raw.payload for raw in events]
    assert len(lane.published) == 12


def test_the_money_lane_takes_a_tenth_of_that_a_second(device: Device, running: Wash, clock: list[float]) -> None:
    before = StationEvent.objects.count()
    either: Any = Lane([device.event("topped_up", running, total_seconds=300) for _ in range(12)])
    busy = LaneWorker(either, either, Diffs(), threading.Event(), share=worker.MONEY_SHARE)
    for taken in (5, 6, 7):
        busy.turn()
        assert StationEvent.objects.count() == before + taken
        clock[0] += 1


def test_nothing_that_waits_is_acknowledged_while_the_database_is_away(
    device: Device, station: Station, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    storm = [device.level(20_000 - number) for number in range(8)]
    lane = Lane(storm)
    busy = worker_of(lane)
    with monkeypatch.context() as patch:
        patch.setattr(intake, "take_batch", lambda batch: (_ for _ in ()).throw(OperationalError("away")))
        assert not busy.attempt(busy.turn)
        assert lane.acked == [raw.payload for raw in storm[:-1]]  # what the newest replaced
    busy.turn()
    assert lane.acked == [raw.payload for raw in storm]
    assert station.tanks.get(chemical="shampoo").level_ml == 19_993


def test_a_flood_that_goes_on_is_one_alert_and_is_counted_every_few_seconds(
    device: Device, station: Station, clock: list[float]
) -> None:
    lane = Lane(*([device.level(number + 1) for _ in range(100)] for number in range(12)))
    busy = worker_of(lane)
    for _ in range(12):
        busy.turn()
        clock[0] += 1
    busy.finish()
    station.refresh_from_db()
    assert station.messages_over_limit == 12 * 100 - 12 * 5
    assert len(flood_alerts()) == 1


def test_a_count_that_the_database_did_not_take_is_told_later(
    device: Device, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = worker_of(Lane([device.level(number) for number in range(20)]))
    with monkeypatch.context() as patch:
        patch.setattr(flood, "note", lambda slug, count: (_ for _ in ()).throw(OperationalError("away")))
        assert not busy.attempt(busy.turn)
    assert flood_alerts() == []
    busy.turn()
    station.refresh_from_db()
    assert station.messages_over_limit == 15


def test_the_alert_ends_five_minutes_after_the_last_flood(station: Station) -> None:
    flood.note("riverside", 3)
    assert flood.sweep_floods() == 0
    Station.objects.update(over_limit_at=real_now() - timedelta(minutes=5))
    assert flood.sweep_floods() == 1
    assert flood_alerts()[0].cleared_at is not None
    assert flood.sweep_floods() == 0


def test_poison_without_end_fills_no_table_and_is_still_confirmed(device: Device, station: Station) -> None:
    poison = [Raw(f"{ROOT}/tank/t{number}/level", b"{") for number in range(flood.LETTERS_AT_ONCE + 40)]
    outcome = device.say(*poison)
    assert outcome.dead == len(poison)
    assert DeadLetter.objects.count() == flood.LETTERS_AT_ONCE
    neighbour = make_station("hillside")
    Device(neighbour).say(Raw("pw/v1/st/hillside/alert", b"{"))
    assert DeadLetter.objects.filter(topic__contains="hillside").count() == 1
    worker_of(Lane()).turn()
    station.refresh_from_db()
    assert station.messages_over_limit == 40
    assert [alert.station for alert in flood_alerts()] == [station]


def test_what_else_is_poison_leaves_room_for_events_whose_letter_is_their_only_copy(device: Device, paid: Wash) -> None:
    device.say(*(Raw(f"{ROOT}/tank/t{number}/level", b"{") for number in range(flood.LETTERS_AT_ONCE + 1)))
    event = device.event("started", paid, bay=9)
    assert device.say(event).evacks == [("riverside", json.loads(event.payload)["event_id"])]
    assert DeadLetter.objects.get(topic=event.topic).reason.startswith("unknown_bay")


def test_a_station_that_nobody_knows_is_counted_nowhere(station: Station) -> None:
    flood.note("nobody", 5)
    assert flood_alerts() == []
