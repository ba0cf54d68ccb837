"""An owner that cannot learn whether it still is one lets go in time: nothing is lost, nothing happens twice."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import connection

from apps.common.addresses import BrokerAddress
from apps.stations.bridge import crew
from apps.stations.bridge.bridge import Bridge
from apps.stations.gateways import shard_lock
from apps.stations.gateways.shard_lock import LETS_GO_SECONDS, LOOKS, ShardLock
from apps.stations.models import DeadLetter, Station, StationEvent
from apps.stations.services import intake
from apps.stations.tests.device import Device
from apps.stations.tests.test_bridge import PATIENCE_SECONDS, Radio, until
from apps.stations.tests.test_bridge import address as address
from apps.stations.tests.test_bridge import station as station
from apps.stations.tests.wire import Wire
from petwash.devstack.mqtt import MqttServer

pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[..., Bridge]


class Cut:
    """What a bridge that is cut off from the database meets when it asks for its lock."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge, self._real = bridge, bridge._lock.take
        self.asked = 0
        bridge._lock.take = self._fail  # type: ignore[method-assign]  # as from behind a cut cable

    def mend(self) -> None:
        """The cable is whole again."""
        self._bridge._lock.take = self._real  # type: ignore[method-assign]  # as it was

    def _fail(self) -> bool:
        self.asked += 1
        raise psycopg.OperationalError("The database does not answer.")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WATCH_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(shard_lock, name, 0.05)
    monkeypatch.setattr(crew, "JOIN_SECONDS", 0.2)


def limit(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(shard_lock, "LETS_GO_SECONDS", seconds)


@pytest.fixture
def start(address: BrokerAddress, station: Station) -> Iterator[Start]:
    threads: list[tuple[Bridge, threading.Thread]] = []

    def begin(at: BrokerAddress = address) -> Bridge:
        bridge = Bridge(at)
        threads.append((bridge, threading.Thread(target=bridge.run)))
        threads[-1][1].start()
        return bridge

    yield begin
    for bridge, _ in threads:
        bridge.stop()
    for _, thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


@pytest.fixture
def radio(mqtt_broker: MqttServer, station: Station) -> Iterator[Radio]:
    radio = Radio(mqtt_broker, station.slug)
    yield radio
    radio.close()


def say(radio: Radio, device: Device) -> str:
    """Send an event; return its id."""
    event = device.event("fault", None)
    radio.send(event)
    return str(json.loads(event.payload)["event_id"])


def host_is_online(radio: Radio) -> bool:
    """The next word on whether the server is there."""
    return bool(json.loads(radio.hear("host/state")[1])["online"])


def evacks_of(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return, now and later, which evacks the crew of this moment publishes."""
    published: list[str] = []
    lane, real = bridge.money, bridge.money.publish

    def note(topic: str, payload: bytes, *, retain: bool = False) -> Any:
        published.extend([topic] if "/evack/" in topic else [])
        return real(topic, payload, retain=retain)

    monkeypatch.setattr(lane, "publish", note)
    return published


def counted(*event_ids: str) -> bool:
    """Whether exactly these events were taken, each once."""
    return sorted(StationEvent.objects.values_list("event_id", flat=True)) == sorted(event_ids)


def test_an_owner_lets_go_before_the_database_gives_its_lock_away() -> None:
    patience = LOOKS["tcp_keepalives_idle"] + LOOKS["tcp_keepalives_interval"] * LOOKS["tcp_keepalives_count"]
    assert LOOKS["tcp_user_timeout"] == patience * 1_000
    assert patience - LETS_GO_SECONDS > 4


def test_a_database_that_is_back_in_time_changes_nothing(
    start: Start, radio: Radio, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, PATIENCE_SECONDS)
    bridge, device = start(), Device(station)
    until(lambda: bridge.healthy)
    stood_by, same = start(), bridge._crew
    cut = Cut(bridge)
    until(lambda: cut.asked > 3)
    cut.mend()
    event = say(radio, device)
    until(lambda: counted(event))
    assert (bridge._crew, bridge.money._session) == (same, 1)
    assert not stood_by.money._client.is_connected()


def test_after_that_it_lets_go_and_the_successor_takes_what_it_had_in_hand(
    start: Start, radio: Radio, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, device, real = start(), Device(station), intake.take_batch
    until(lambda: first.healthy)
    hung, thaw, late = threading.Event(), threading.Event(), threading.Event()
    cut_off, evacked = first._crew, evacks_of(first, monkeypatch)
    while not host_is_online(radio):
        pass  # the broker of the run still holds an earlier word

    def hang_once(batch: Any) -> Any:
        if threading.current_thread() is not cut_off._lanes["money"]:
            return real(batch)
        hung.set()
        assert thaw.wait(PATIENCE_SECONDS)
        try:
            return real(batch)
        finally:
            late.set()

    monkeypatch.setattr(intake, "take_batch", hang_once)
    in_hand = say(radio, device)
    assert hung.wait(PATIENCE_SECONDS)
    cut = Cut(first)
    limit(monkeypatch, 0.2)
    until(lambda: first._crew is not cut_off)
    limit(monkeypatch, PATIENCE_SECONDS)
    said_to_nobody = say(radio, device)
    second = start()
    until(lambda: counted(in_hand, said_to_nobody))
    thaw.set()  # the cut connection comes back to life, and commits what another has committed
    assert late.wait(PATIENCE_SECONDS)
    cut_off._lanes["money"].join(PATIENCE_SECONDS)
    cut.mend()
    until(lambda: second.healthy)
    assert not first.money._client.is_connected()
    assert [host_is_online(radio) for _ in range(2)] == [False, True]
    second.stop()
    until(lambda: first.healthy)  # it wins its lock again
    third = say(radio, device)
    until(lambda: counted(in_hand, said_to_nobody, third))
    assert not DeadLetter.objects.filter(topic__contains=station.slug).exists()
    assert evacked == [f"pw/v1/st/{station.slug}/evack/{in_hand}"], "into a connection that is closed for good"
    assert not cut_off.money._client.is_connected()


def test_who_finds_a_successor_stands_by(
    start: Start, radio: Radio, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, PATIENCE_SECONDS)
    first, device = start(), Device(station)
    until(lambda: first.healthy)
    carried = first._crew
    cut = Cut(first)
    first._lock.release()  # as when the database has given it up
    second = start()
    until(lambda: second._lock._session is not None)
    event = say(radio, device)
    cut.mend()
    until(lambda: first._crew is not carried)
    until(lambda: second.healthy)
    until(lambda: counted(event))
    last = say(radio, device)
    until(lambda: counted(event, last))
    assert not first.money._client.is_connected()
    second.stop()
    until(lambda: first.healthy)


def test_without_a_broker_as_well_everything_comes_when_both_are_back(
    start: Start,
    radio: Radio,
    station: Station,
    address: BrokerAddress,
    mqtt_broker: MqttServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wire = Wire(mqtt_broker.port)
    try:
        bridge, device = start(replace(address, port=wire.port)), Device(station)
        until(lambda: bridge.healthy)
        carried = bridge._crew
        wire.cut()
        said = [say(radio, device) for _ in range(3)]
        cut = Cut(bridge)
        limit(monkeypatch, 0.2)
        until(lambda: bridge._crew is not carried)
        limit(monkeypatch, PATIENCE_SECONDS)
        cut.mend()
        said.append(say(radio, device))
        until(lambda: bridge._lock._session is not None)
        wire.mend()
        until(lambda: bridge.healthy)
        until(lambda: counted(*said))
    finally:
        wire.close()


def test_a_database_that_falls_silent_is_away_and_gives_the_lock_again(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = connection.get_connection_params()
    wire = Wire(int(known["port"]))
    over_it = known | {"host": "127.0.0.1", "port": wire.port}
    monkeypatch.setattr(shard_lock, "connection", SimpleNamespace(get_connection_params=lambda: over_it))
    monkeypatch.setattr(shard_lock, "ANSWER_SECONDS", 0.2)
    lock = ShardLock(43)
    try:
        assert lock.take()
        wire.cut()
        for _ in range(2):
            with pytest.raises(psycopg.OperationalError):
                lock.take()
        wire.mend()
        until(lock.take)
    finally:
        lock.release()
        wire.close()
