"""Simulated stations on a real broker, seen from the server's side of the wire."""

import json
import os
import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from apps.stations.gateways.password_file import PasswordFile
from apps.stations.protocol import messages as m
from apps.stations.protocol import signing, topics
from apps.stations.protocol.topics import Kind
from apps.stations.protocol.ulid import make_ulid
from apps.stations.simulator.faults import Faults
from apps.stations.simulator.link import Broker, Signal
from apps.stations.simulator.memory import FileFlash
from apps.stations.simulator.runner import Station, run
from apps.stations.simulator.washing import Pace
from petwash.devstack.mqtt import MqttServer

from .bench import KEY, STATION

PATIENCE = 15.0


class Server:
    """The server's side: hears all, sends commands and evacks."""

    def __init__(self, broker: MqttServer) -> None:
        self._heard: dict[str, queue.Queue[m.Message]] = {}
        self._client = mqtt.Client(
            callback_api_version=CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311
        )
        self._client.username_pw_set("bridge", broker.password)
        self._client.on_message = lambda _client, _data, message: self._hear(message)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self._client.subscribe("pw/v1/st/#", qos=1)

    def _hear(self, message: mqtt.MQTTMessage) -> None:
        topic = topics.parse(message.topic)
        if topic.kind not in (Kind.COMMAND, Kind.EVACK):
            self._of(topic.station).put(m.parse_message(topic, bytes(message.payload)))

    def _of(self, station: str) -> queue.Queue[m.Message]:
        return self._heard.setdefault(station, queue.Queue())

    def wait_for(self, station: str, **fields: object) -> m.Message:
        """Return the next message of a station with these fields.

        Raises: queue.Empty when it does not come.
        """
        while True:
            message = self._of(station).get(timeout=PATIENCE)
            known = json.loads(message.to_json())
            if all(known.get(name, ...) == value for name, value in fields.items()):
                return message

    def start(self, station: str, wash: str) -> str:
        """Send a signed start; returns the command's id."""
        command = m.Command(
            id=make_ulid(),
            type=m.CommandType.START,
            bay=1,
            wash=wash,
            total_seconds=300,
            program="quick",
            expires_at=datetime.now(UTC) + timedelta(seconds=30),
            nonce=make_ulid(),
        )
        topic = topics.command(station, command.id)
        self.send(topic, signing.sign(topic, command.to_json(), KEY))
        return command.id

    def send(self, topic: str, payload: bytes) -> None:
        """Publish at QoS 1, never retained."""
        self._client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def server(mqtt_broker: MqttServer) -> Iterator[Server]:
    one = Server(mqtt_broker)
    yield one
    one.close()


@contextmanager
def simulated(broker: MqttServer, folder: Path, *names: str, faults: tuple[str, ...] = ()) -> Iterator[None]:
    """Run stations in a thread, as the command does in a process; stop them cleanly."""
    inbox: queue.Queue[Signal] = queue.Queue()
    stop = threading.Event()
    stations = []
    for name in names:
        PasswordFile(broker.password_file).set(name, f"password of {name}")
        stations.append(
            Station(
                replace(STATION, station_id=name, username=name, password=f"password of {name}"),
                FileFlash(folder / f"{name}.json"),
                broker=Broker("127.0.0.1", broker.port),
                faults=Faults.read(faults),
                pace=Pace(speed=150, reboot=0.2, resume_after=0.2),
                inbox=inbox,
                say=lambda _line: None,
            )
        )
    os.kill(int(broker.pid_file.read_text()), signal.SIGHUP)
    thread = threading.Thread(target=run, args=(stations, inbox, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def test_two_stations_wash_and_leave_with_a_good_bye(mqtt_broker: MqttServer, server: Server, tmp_path: Path) -> None:
    with simulated(mqtt_broker, tmp_path, "sim-a", "sim-b"):
        for name in ("sim-a", "sim-b"):
            server.wait_for(name, online=True)
            server.wait_for(name, chemical="conditioner", level_ml=10_000)
            command = server.start(name, f"wash-{name}")
            server.wait_for(name, id=command, result="accepted")
            server.wait_for(name, type="started", wash=f"wash-{name}")
            finished = server.wait_for(name, type="finished", wash=f"wash-{name}")
            assert isinstance(finished, m.BayEvent)
            assert (finished.seconds_used, finished.ml_used) == (300, {"shampoo": 120})
            server.wait_for(name, state="idle")
    server.wait_for("sim-a", online=False, boot=1)


def test_the_last_will_speaks_when_the_power_goes_and_the_wash_goes_on_after_it(
    mqtt_broker: MqttServer, server: Server, tmp_path: Path
) -> None:
    with simulated(mqtt_broker, tmp_path, "sim-c", faults=("reboot-mid-wash",)):
        server.wait_for("sim-c", online=True, boot=1)
        server.start("sim-c", "wash-c")
        server.wait_for("sim-c", type="started")
        server.wait_for("sim-c", online=False, boot=1)
        server.wait_for("sim-c", online=True, boot=2)
        server.wait_for("sim-c", state="paused", wash="wash-c", boot=2)
        server.wait_for("sim-c", type="finished", seconds_used=300)


def test_an_evack_empties_the_flash(mqtt_broker: MqttServer, server: Server, tmp_path: Path) -> None:
    with simulated(mqtt_broker, tmp_path, "sim-d"):
        server.wait_for("sim-d", online=True)
        server.start("sim-d", "wash-d")
        for kind in ("started", "finished"):
            event = server.wait_for("sim-d", type=kind)
            assert isinstance(event, m.BayEvent)
            server.send(topics.evack("sim-d", event.event_id), b"{}")
        command = server.start("sim-d", "wash-d")
        server.wait_for("sim-d", id=command, result="rejected")
    assert json.loads((tmp_path / "sim-d.json").read_text())["events"] == {}
