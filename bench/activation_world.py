"""Broker, bridge, Redis and simulated stations for the figure of `activation.py`, all real and of its own."""

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import override_settings

from apps.common.interpreter import take_short_turns
from bench.database import Addresses
from bench.gateway import InstantGateway
from bench.patience import GIVEN_SECRETS
from petwash.devstack.mqtt import MqttServer
from petwash.devstack.ports import free_port
from petwash.devstack.programs import REPOSITORY, manage
from petwash.devstack.redis import RedisServer

PATIENCE_SECONDS = 60.0
_RATE = re.compile(r"stations: (\d+) messages/s sent, (\d+) acknowledged")


class CardGateway(InstantGateway):
    """Knows no card again."""

    def card_fingerprint(self, payment_method: str) -> str:
        """Return nothing: each card is new."""
        return ""


@dataclass
class World:
    """The servers of this figure, and what their processes are told."""

    folder: Path
    broker: MqttServer
    environment: dict[str, str]
    stack: ExitStack

    def run(self, command: list[str], name: str) -> "subprocess.Popen[bytes]":
        """Start a process whose output is kept; it ends with the figure."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(command, env=self.environment, cwd=REPOSITORY, stdout=log, stderr=log)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process


@contextmanager
def started(addresses: Addresses) -> Iterator[World]:
    """Start Redis, the broker and the bridge."""
    folder = addresses.folder / f"activation-{free_port()}"
    folder.mkdir(mode=0o700)
    redis = RedisServer(folder / "redis", free_port(), "redis", log=folder / "redis.log", durable=False)
    broker = MqttServer(folder / "mqtt", free_port(), "broker", log=folder / "mqtt.log")
    with ExitStack() as stack:
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        take_short_turns()  # as the web process does, in whose place the customer buys here
        for server in (redis, broker):
            server.start()
            stack.callback(server.stop)
        given = {
            "REDIS_URL": redis.url,
            "MQTT_URL": broker.url,
            "MQTT_PASSWORD_FILE": str(broker.password_file),
            "MQTT_PID_FILE": str(broker.pid_file),
        }
        stack.enter_context(_settings(given))
        world = World(folder, broker, _environment(addresses, folder, given), stack)
        world.run(manage("mqtt_bridge"), "bridge")
        wait_for(_bridge_beats)
        yield world


def _settings(given: dict[str, str]) -> Any:
    from django.conf import settings

    layer: dict[str, Any] = settings.CHANNEL_LAYERS["default"]
    host = {"address": given["REDIS_URL"], "socket_timeout": None}
    hosts = {**layer["CONFIG"], "hosts": [host], "prefix": "petwash"}
    paths = {name: given[name] for name in ("MQTT_PASSWORD_FILE", "MQTT_PID_FILE")}
    return override_settings(CHANNEL_LAYERS={"default": {**layer, "CONFIG": hosts}}, **paths)


def _environment(addresses: Addresses, folder: Path, given: dict[str, str]) -> dict[str, str]:
    from django.conf import settings

    return {
        **os.environ,
        **{name: str(getattr(settings, name)) for name in GIVEN_SECRETS},
        **given,
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DATABASE_URL": addresses.app,
        "PETWASH_HOME": str(folder),
    }


def provisioned(world: World, name: str) -> tuple[Path, dict[str, Any]]:
    """Make a station and return its device's file."""
    from apps.stations.services.provisioning import provision_station

    device = provision_station(slug=f"{name}-{uuid.uuid4().hex[:6]}", name=name, bays=2)
    path = world.folder / f"{name}.json"
    path.write_text(json.dumps(device))
    return path, device


@contextmanager
def devices(world: World, files: list[Path]) -> Iterator[None]:
    """Run the measured stations in a thread; each acts the moment something arrives."""
    from apps.stations.simulator.faults import Faults
    from apps.stations.simulator.link import Broker, Signal
    from apps.stations.simulator.memory import RamFlash
    from apps.stations.simulator.runner import Station, run
    from apps.stations.simulator.station_file import read_station_file
    from apps.stations.simulator.washing import Pace

    class Prompt(Station):
        def handle(self, signal: Signal, now: Any) -> None:
            super().handle(signal, now)
            self.tick(now)

    inbox: queue.Queue[Signal] = queue.Queue()
    # A quick wash runs for two seconds: long enough to be seen at four diffs a second.
    pace = Pace(speed=150.0, start_delay=0.0, refill_after=0.5)
    stations: list[Station] = [
        Prompt(
            read_station_file(path),
            RamFlash(),
            broker=Broker("127.0.0.1", world.broker.port),
            faults=Faults(),
            pace=pace,
            inbox=inbox,
            say=lambda line: None,
        )
        for path in files
    ]
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stations, inbox, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def bays_idle(slugs: list[str]) -> bool:
    """Tell whether every bay of these stations can be sold."""
    from apps.stations.models import Bay, Tank, Wash
    from apps.stations.states import OPEN_WASH

    bays = Bay.objects.filter(station__slug__in=slugs)
    open_washes = Wash.objects.filter(bay__station__slug__in=slugs, status__in=OPEN_WASH)
    unknown = Tank.objects.filter(station__slug__in=slugs, status="unknown")
    idle = bays.filter(state="idle", station__online=True)
    return idle.count() == bays.count() and not open_washes.exists() and not unknown.exists()


def _bridge_beats() -> bool:
    from apps.common.heartbeats import age_seconds

    age = age_seconds("bridge")
    return age is not None and age < 5


def reached(world: World) -> tuple[int, int] | None:
    """Return what the load said last: messages a second, sent and acknowledged."""
    found = _RATE.findall((world.folder / "load.log").read_text())
    return (int(found[-1][0]), int(found[-1][1])) if found else None


def wait_for(fact: Callable[[], object]) -> None:
    """Wait until it is so. Raises: TimeoutError."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not fact():
        if time.monotonic() > deadline:
            raise TimeoutError("the stations do not come to rest")
        time.sleep(0.02)
    connection.close()
