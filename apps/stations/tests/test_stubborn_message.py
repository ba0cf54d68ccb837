"""One message that the database refuses as if it were away does not hold up a lane for ever."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection

from apps.stations.bridge import worker
from apps.stations.bridge.worker import Diffs, LaneWorker
from apps.stations.gateways.mqtt import Received
from apps.stations.models import DeadLetter, Wash
from apps.stations.services import device_words, intake
from apps.stations.services.intake import Raw
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device

pytestmark = pytest.mark.django_db


class Lane:
    """A lane with one batch that counts what is acknowledged and published."""

    name = "money"

    def __init__(self, batch: Sequence[Raw]) -> None:
        self._batch = [Received(raw.topic, raw.payload, mid, 1) for mid, raw in enumerate(batch, 1)]
        self.acked: list[Received] = []
        self.published: list[str] = []

    def take(self, limit: int, seconds: float) -> list[Received]:
        batch, self._batch = self._batch, []
        return batch

    def ack(self, batch: Sequence[Received]) -> None:
        self.acked += batch

    def publish(self, topic: str, payload: bytes) -> None:
        self.published.append(topic)


@pytest.fixture
def lane_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a lane with its worker, which neither pauses nor closes the test's connection."""
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0)
    monkeypatch.setattr(connection, "close", lambda: None)

    def make(batch: Sequence[Raw]) -> tuple[Lane, LaneWorker]:
        lane: Any = Lane(batch)
        return lane, LaneWorker(lane, lane, Diffs(), threading.Event())

    return make


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the database refuse every alert as if it were away."""

    def refuse(*args: Any) -> bool:
        raise OperationalError("out of shared memory")

    monkeypatch.setattr(device_words, "take_alert", refuse)


def turns(running: LaneWorker, count: int) -> list[bool]:
    return [running.attempt(running.turn) for _ in range(count)]


@pytest.mark.usefixtures("poison")
def test_the_culprit_is_put_aside_and_its_neighbours_are_taken(lane_of, device: Device, paid: Wash) -> None:
    alert = device.alert("shampoo", 5)
    lane, running = lane_of([alert, device.event("started", paid)])
    assert turns(running, worker.PATIENCE) == [False] * worker.PATIENCE
    assert lane.acked == []
    assert turns(running, 1) == [True]
    assert len(lane.acked) == 2
    assert len(lane.published) == 2
    assert DeadLetter.objects.get().topic == alert.topic
    assert Wash.objects.get().status == WashStatus.RUNNING


def test_a_database_away_costs_no_message_however_long(lane_of, device: Device, paid: Wash, monkeypatch) -> None:
    def away(*args: Any) -> Any:
        raise InterfaceError("connection already closed")

    lane, running = lane_of([device.event("started", paid)])
    with monkeypatch.context() as outage:
        outage.setattr(intake, "take_batch", away)
        outage.setattr(intake, "_demand_database", away)
        assert not any(turns(running, worker.PATIENCE * 3))
    assert lane.acked == []
    assert turns(running, 1) == [True]
    assert not DeadLetter.objects.exists()
    assert Wash.objects.get().status == WashStatus.RUNNING


def test_one_slip_after_a_long_outage_puts_nothing_aside(device: Device, paid: Wash, monkeypatch) -> None:
    take, slips = intake.take_batch, [OperationalError("deadlock detected")]

    def slip_once(batch: Sequence[Raw]) -> Any:
        if slips:
            raise slips.pop()
        return take(batch)

    monkeypatch.setattr(intake, "take_batch", slip_once)
    assert intake.take_one_by_one([device.event("started", paid)]).taken == 1
    assert not DeadLetter.objects.exists()
