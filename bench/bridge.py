"""The bridge between broker and database under a storm of messages, held against a subscriber that does nothing.

Each round sends the same messages to each side in turn: states of many bays from two processes and, among
them, events, each sent twice as a station does that missed its confirmation. A side is done when everything
is there: the subscriber has counted the messages, or the database holds every event and the newest state of
every bay. Each round has messages of its own, so nothing that an earlier one left behind can count.
"""

import itertools
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from apps.common.addresses import BrokerAddress
from apps.stations.shards import client_id
from bench.database import Addresses
from bench.figures import Figure
from bench.packets import publishes
from bench.rounds import Side, Size, Times, interleaved
from bench.storm import Sent, Storm
from petwash.devstack.mqtt import BRIDGE_USER, MqttServer
from petwash.devstack.ports import free_port
from petwash.devstack.programs import REPOSITORY, manage

ONE_WORKER = 0.25
TWO_SHARDS = 0.4
TALKERS = 2
PATIENCE_SECONDS = 120
LOOK_SECONDS = 0.02
SECRETS = ("SECRET_KEY", "JWT_SIGNING_KEY", "STATION_SIGNING_KEY", "BAY_TOKEN_KEY")
ALL_STATES, ALL_EVENTS = "pw/v1/st/+/bay/+/state", "pw/v1/st/+/bay/+/event"


def measure(addresses: Addresses, size: Size) -> list[Figure]:
    """Return how much of a bare subscriber's speed one worker and two shards reach, and whether all arrived once."""
    stations, messages, rounds = (200, 40_000, 4) if not size.smoke else (4, 200, 0)
    with _broker(addresses.folder) as broker, ExitStack() as stack:
        facts = stack.enter_context(psycopg.connect(addresses.app, autocommit=True))
        storm = Storm(stations, messages, facts)
        bench = _Bench(addresses, broker, storm)
        sides: dict[str, Side] = {
            "subscriber": bench.subscriber,
            "one": lambda _number: bench.bridge(1),
            "two": lambda _number: bench.bridge(2),
        }
        times = interleaved(sides, rounds)
        arrived = _arrived(storm, broker)
    if size.smoke:
        return [arrived]
    return [
        _speed(times, storm, broker, "one", "one worker", ONE_WORKER),
        _speed(times, storm, broker, "two", "two shards", TWO_SHARDS),
        arrived,
    ]


def _speed(times: Times, storm: Storm, broker: MqttServer, side: str, name: str, target: float) -> Figure:
    ratio = times.ratio(side, "subscriber")
    return Figure(
        f"stations' messages into PostgreSQL, QoS 1, {broker.kind}, {name}",
        f"{times.rate(side, storm.sent):,.0f}/s",
        f"a subscriber that does nothing {times.rate('subscriber', storm.sent):,.0f}/s",
        ratio,
        f"≥ {target:g} x",
        ratio >= target,
    )


def _arrived(storm: Storm, broker: MqttServer) -> Figure:
    lost, twice = storm.lost(), storm.twice()
    return Figure(
        f"of {storm.events_sent:,} events, each sent twice ({broker.kind})",
        f"{lost} lost, {twice} taken twice",
        "as many rows as events",
        None,
        "0 lost, 0 twice",
        storm.events_sent > 0 and not lost and not twice,
    )


@contextmanager
def _broker(folder: Path) -> Iterator[MqttServer]:
    """Start the broker as `make run` does: Mosquitto where it is installed, with the limits of production."""
    home = Path(tempfile.mkdtemp(prefix="petwash-bench-mqtt-", dir=folder))
    server = MqttServer(home / "mqtt", free_port(), secrets.token_hex(16), log=home / "mqtt.log")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


class _Bench:
    """Runs one side of one round; every side hears the talkers of this round alone."""

    def __init__(self, addresses: Addresses, broker: MqttServer, storm: Storm) -> None:
        self._addresses, self._broker, self._storm = addresses, broker, storm

    def subscriber(self, _number: int) -> float:
        """Count what comes and do nothing else."""
        sent, all_here, heard = self._storm.sent, threading.Event(), 0

        def count(client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
            nonlocal heard
            heard += not message.retain  # what an earlier round left is shown to a newcomer
            if heard == sent:
                all_here.set()

        with self._listener(count):
            return self._timed(lambda: all_here.wait(PATIENCE_SECONDS), kept=False)

    def bridge(self, shards: int) -> float:
        """Take everything into the database, in so many processes."""
        with ExitStack() as stack:
            _forget_heartbeats()
            for index in range(shards):
                stack.enter_context(self._process(index, shards))
            _await(_bridge_is_up)
            took = self._timed(lambda: _await(self._storm.is_here), kept=True)
        self._forget_sessions()
        return took

    def _timed(self, done: Callable[[], object], *, kept: bool) -> float:
        with ExitStack() as stack:
            talkers = [self._talker(stack, part) for part in self._storm.parts(TALKERS, kept=kept)]
            started = time.perf_counter()
            for talker in talkers:
                _go(talker)
            assert done()
            took = time.perf_counter() - started
            assert [talker.wait(PATIENCE_SECONDS) for talker in talkers] == [0] * TALKERS
        return took

    def _talker(self, stack: ExitStack, part: list[Sent]) -> subprocess.Popen[bytes]:
        file = self._broker.data / f"{time.monotonic_ns()}.packets"
        file.write_bytes(publishes(part))
        command = [sys.executable, "-m", "bench.stations_talk", str(self._broker.port), BRIDGE_USER]
        talker = stack.enter_context(
            subprocess.Popen(
                [*command, self._broker.password, str(file)],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        )
        stack.callback(file.unlink)
        stack.callback(talker.kill)
        assert talker.stdout
        assert talker.stdout.readline() == b"ready\n"
        return talker

    def _forget_sessions(self) -> None:
        """Have the broker keep nothing for a bridge that is gone, or it would queue the other sides' messages."""
        from apps.stations.gateways.mqtt import forget_session

        for index, lane in itertools.product(range(2), ("money", "telemetry")):
            address = BrokerAddress("127.0.0.1", self._broker.port, BRIDGE_USER, self._broker.password, tls=False)
            assert forget_session(address, client_id(index, lane))

    @contextmanager
    def _listener(self, count: Callable[..., None]) -> Iterator[None]:
        ready = threading.Event()
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id="bench-subscriber", protocol=paho.MQTTv311)
        client.username_pw_set(BRIDGE_USER, self._broker.password)
        client.on_message = count
        client.on_subscribe = lambda *_: ready.set()
        client.connect("127.0.0.1", self._broker.port)
        client.subscribe([(ALL_STATES, 1), (ALL_EVENTS, 1)])
        client.loop_start()
        try:
            assert ready.wait(PATIENCE_SECONDS)
            yield
        finally:
            client.disconnect()
            client.loop_stop()

    @contextmanager
    def _process(self, index: int, shards: int) -> Iterator[None]:
        command = manage("mqtt_bridge", *([] if shards == 1 else ["--shard", f"{index}/{shards}"]))
        process = subprocess.Popen(command, env=self._environment(), stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(PATIENCE_SECONDS) == 0

    def _environment(self) -> dict[str, str]:
        from django.conf import settings

        return {
            **os.environ,
            **{name: str(getattr(settings, name)) for name in SECRETS},
            "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "DATABASE_URL": self._addresses.app,
            "MQTT_URL": self._broker.url,
            "STATION_MESSAGES_PER_SECOND": "1000000",  # a few stations speak for many
            "STATION_MESSAGES_BURST": "1000000",
        }


def _go(talker: subprocess.Popen[bytes]) -> None:
    assert talker.stdin
    talker.stdin.write(b"go\n")
    talker.stdin.flush()


def _forget_heartbeats() -> None:
    from apps.common.models import Heartbeat

    Heartbeat.objects.all().delete()


def _bridge_is_up() -> bool:
    from apps.common.heartbeats import age_seconds

    return age_seconds("bridge") is not None


def _await(fact: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        if time.monotonic() > deadline:
            raise AssertionError("it never happened")
        time.sleep(LOOK_SECONDS)
    return True
