"""A load of stations in one thread: each speaks at its rate, and is a device besides."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from apps.stations.gateways.password_file import PasswordFile
from apps.stations.simulator.link import Broker
from apps.stations.simulator.load import Count, run_load
from apps.stations.simulator.memory import RamFlash
from apps.stations.simulator.washing import Pace
from petwash.devstack.mqtt import MqttServer

from .bench import STATION
from .test_on_broker import PATIENCE, Server
from .test_on_broker import server as server

NAMES = [f"load-{number}" for number in range(5)]


@pytest.fixture
def counted(mqtt_broker: MqttServer) -> Iterator[list[Count]]:
    """Run five stations in a thread; the list holds the count once they have stopped."""
    stop, result = threading.Event(), []
    for name in NAMES:
        PasswordFile(mqtt_broker.password_file).set(name, f"password of {name}")
    os.kill(int(mqtt_broker.pid_file.read_text()), signal.SIGHUP)
    fleet = [
        (replace(STATION, station_id=name, username=name, password=f"password of {name}"), RamFlash()) for name in NAMES
    ]

    def work() -> None:
        broker, pace = Broker("127.0.0.1", mqtt_broker.port), Pace(speed=150)
        result.append(run_load(fleet, broker=broker, rate=20.0, pace=pace, stop=stop, say=print))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield result
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_every_station_speaks_at_its_rate_and_washes_besides(server: Server, counted: list[Count]) -> None:
    for name in NAMES:
        server.wait_for(name, online=True)
        first = server.wait_for(name, chemical="conditioner")
        again = server.wait_for(name, chemical="conditioner")
        assert again.seq > first.seq  # type: ignore[attr-defined]  # levels both
    command = server.start(NAMES[0], "a-wash")
    server.wait_for(NAMES[0], id=command, result="accepted")
    server.wait_for(NAMES[0], type="finished", wash="a-wash")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Name at least one station file"),
        (["--stations", "10"], "needs --rate"),
        (["--stations", "6000", "--rate", "1"], "from 1 to 5000"),
    ],
)
def test_a_load_that_cannot_be_is_refused_before_anything_is_made(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("simulate_stations", *arguments)


def test_stations_are_made_up_for_a_test_system_alone(settings: object) -> None:
    settings.PETWASH_DEMO = False  # type: ignore[attr-defined]  # pytest-django's own type is private

    with pytest.raises(CommandError, match="PETWASH_DEMO"):
        call_command("simulate_stations", "--stations", "2", "--rate", "1")
