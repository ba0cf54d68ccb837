"""The real bridge on a real broker: nothing is acknowledged before it is committed, nothing is lost."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import paho.mqtt.client as paho
import pytest
from django.conf import settings
from django.db import OperationalError, connection
from paho.mqtt.enums import CallbackAPIVersion

from apps.common.addresses import BrokerAddress
from apps.common.heartbeats import age_seconds
from apps.stations.bridge.bridge import Bridge
from apps.stations.gateways.password_file import PasswordFile
from apps.stations.gateways.shard_lock import ShardLock
from apps.stations.models import DeadLetter, Station, StationEvent, Wash
from apps.stations.protocol import messages, topics
from apps.stations.protocol.signing import public_key, public_key_of, verify
from apps.stations.services import intake
from apps.stations.tests.device import Device
from apps.stations.tests.factories import buy_wash, make_station
from petwash.devstack.mqtt import MqttServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe_sandbox")]
PASSWORD = "a device's password"
PATIENCE_SECONDS = 60


def until(fact: Callable[[], Any]) -> Any:
    """Wait for a fact; fail when it does not come."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := fact():
            return found
        time.sleep(0.02)
    raise AssertionError("it never happened")


class Radio:
    """A station's MQTT client that keeps what it hears."""

    def __init__(self, broker: MqttServer, slug: str, password: str = PASSWORD) -> None:
        self.heard: Queue[tuple[str, bytes]] = Queue()
        self._ready = threading.Event()
        self._slug = slug
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"st-{slug}")
        self._client.username_pw_set(slug, password)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *args: self._ready.set()
        self._client.on_message = lambda client, data, message: self.heard.put((message.topic, bytes(message.payload)))
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert self._ready.wait(10)

    def _subscribe(self, client: paho.Client, *args: Any) -> None:
        root = topics.root(self._slug)
        client.subscribe([(f"{root}/cmd/+", 1), (f"{root}/evack/+", 1), (topics.HOST_STATE, 1)])

    def send(self, raw: intake.Raw, *, retain: bool = False) -> None:
        self._client.publish(raw.topic, raw.payload, qos=1, retain=retain).wait_for_publish(10)

    def hear(self, part: str) -> tuple[str, bytes]:
        while True:
            topic, payload = self.heard.get(timeout=PATIENCE_SECONDS)
            if part in topic:
                return topic, payload

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def address(mqtt_broker: MqttServer) -> BrokerAddress:
    return BrokerAddress("127.0.0.1", mqtt_broker.port, "bridge", mqtt_broker.password, tls=False)


@pytest.fixture
def station(transactional_db: None, mqtt_broker: MqttServer) -> Station:
    slug = f"st{time.time_ns()}"
    PasswordFile(mqtt_broker.password_file).set(slug, PASSWORD)
    import os
    import signal

    os.kill(int(mqtt_broker.pid_file.read_text()), signal.SIGHUP)
    return make_station(slug)


@pytest.fixture
def bridge(address: BrokerAddress, station: Station) -> Iterator[Bridge]:
    running = Bridge(address)
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: running.healthy)
    yield running
    running.stop()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def radio(bridge: Bridge, mqtt_broker: MqttServer, station: Station) -> Iterator[Radio]:
    radio = Radio(mqtt_broker, station.slug)
    yield radio
    radio.close()


def buy(station: Station) -> Wash:
    bay = station.bays.get(number=1)
    return buy_wash(bay).wash


def test_a_wash_goes_over_the_wire_and_back(radio: Radio, station: Station) -> None:
    device, wash = Device(station), buy(station)
    topic, wire = radio.hear("/cmd/")
    key = public_key(public_key_of(settings.STATION_SIGNING_KEY))
    start = messages.Command.parse(verify(topic, wire, key))
    assert (start.type, start.wash, start.total_seconds) == ("start", str(wash.public_id), 300)
    radio.send(device.state("running", wash, seconds_left=300), retain=True)
    started = device.event("started", wash)
    radio.send(started)
    evack, body = radio.hear("/evack/")
    assert evack.endswith(json.loads(started.payload)["event_id"])
    assert json.loads(body) == {}
    assert Wash.objects.get().status == "running"  # committed before the evack was sent
    radio.send(device.event("finished", wash, used=300))
    radio.hear("/evack/")
    assert Wash.objects.get().status == "finished"
    until(lambda: station.bays.get(number=1).state == "running")


def test_the_host_says_that_it_is_there_and_the_heart_beats(radio: Radio) -> None:
    _, body = radio.hear("host/state")
    assert json.loads(body)["online"] is True
    until(lambda: (age := age_seconds("bridge")) is not None and age < 5)


def test_poison_is_put_aside_and_the_lane_goes_on(radio: Radio, station: Station) -> None:
    radio.send(intake.Raw(f"{topics.root(station.slug)}/bay/1/event", b"{"))
    radio.send(Device(station).level(7_000), retain=True)
    until(lambda: DeadLetter.objects.exists())
    until(lambda: station.tanks.get(chemical="shampoo").level_ml == 7_000)


def test_a_database_that_goes_away_loses_nothing(radio: Radio, station: Station, monkeypatch) -> None:
    wash, real, calls = buy(station), intake.take_batch, []

    def fail_twice(batch):
        calls.append(len(batch))
        if len(calls) <= 2:
            raise OperationalError("the server closed the connection unexpectedly")
        return real(batch)

    monkeypatch.setattr(intake, "take_batch", fail_twice)
    radio.send(Device(station).event("started", wash))
    radio.hear("/evack/")
    assert len(calls) >= 3
    assert Wash.objects.get().status == "running"
    assert StationEvent.objects.count() == 1


def test_what_was_not_committed_before_a_crash_comes_again(
    address: BrokerAddress, mqtt_broker: MqttServer, station: Station
) -> None:
    """A lane that takes a message and dies before the commit: the next bridge gets it again."""
    first = Bridge(address)
    first.money.start()  # no workers: the message is taken and never acknowledged
    until(lambda: first.money.connected)
    radio = Radio(mqtt_broker, station.slug)
    device, wash = Device(station), buy(station)
    radio.send(device.event("started", wash))
    until(lambda: first.money.waiting)
    first.money._client._sock_close()  # the network goes, as with kill -9: no DISCONNECT is sent
    first.money.stop()
    assert Wash.objects.get().status == "activating"
    second = Bridge(address)
    thread = threading.Thread(target=second.run)
    thread.start()
    radio.hear("/evack/")
    second.stop()
    thread.join(20)
    radio.close()
    connection.close()
    assert Wash.objects.get().status == "running"


def test_leaving_says_so(bridge: Bridge, radio: Radio) -> None:
    assert json.loads(radio.hear("host/state")[1])["online"] is True
    bridge.stop()
    assert json.loads(radio.hear("host/state")[1])["online"] is False


def test_a_stop_finishes_the_batch_at_hand(
    bridge: Bridge, radio: Radio, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, go, real = threading.Event(), threading.Event(), intake.take_batch

    def slow(batch: Any) -> Any:
        taken.set()
        assert go.wait(PATIENCE_SECONDS)
        return real(batch)

    monkeypatch.setattr(intake, "take_batch", slow)
    radio.send(Device(station).event("fault", None))
    assert taken.wait(PATIENCE_SECONDS)
    bridge.stop()
    go.set()
    radio.hear("/evack/")
    assert StationEvent.objects.count() == 1
    lock = ShardLock(0)
    until(lock.take)  # it was given up, after everything
    lock.release()
    assert not bridge.money._client.is_connected()
