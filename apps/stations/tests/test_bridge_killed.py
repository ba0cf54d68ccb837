"""`kill -9` of a shard of the bridge in the middle of a burst: every event arrives, each once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.common.models import Heartbeat
from apps.stations.models import DeadLetter, Station, StationEvent
from apps.stations.shards import Shard
from apps.stations.tests.device import Device
from apps.stations.tests.factories import buy_wash
from apps.stations.tests.test_bridge import Radio, until
from apps.stations.tests.test_bridge import station as station
from petwash.devstack.mqtt import MqttServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe_sandbox")]
REPOSITORY = Path(__file__).resolve().parent.parent.parent.parent
EVENTS = 400


@pytest.fixture
def start_bridge() -> Any:
    """Start `manage.py mqtt_bridge` as a process of its own; what still runs at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def start(shard: Shard) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "mqtt_bridge", "--shard", str(shard)]
        running.append(subprocess.Popen(command, cwd=REPOSITORY, env=os.environ))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_burst_survives_two_kills(
    start_bridge: Callable[[Shard], subprocess.Popen[bytes]], mqtt_broker: MqttServer, station: Station
) -> None:
    wash = buy_wash(station.bays.get(number=1)).wash
    shard = next(shard for shard in (Shard(0, 2), Shard(1, 2)) if shard.owns(station.slug))
    bridge = start_bridge(shard)
    until(lambda: Heartbeat.objects.filter(name=shard.heartbeat).exists())
    radio, device = Radio(mqtt_broker, station.slug), Device(station)
    burst = [device.event("topped_up", wash, total_seconds=300) for _ in range(EVENTS)]
    for number, event in enumerate(burst):
        radio.send(event)
        if number in (EVENTS // 4, EVENTS // 2):
            os.kill(bridge.pid, signal.SIGKILL)
            bridge.wait()
            bridge = start_bridge(shard)
    until(lambda: StationEvent.objects.count() == EVENTS)
    bridge.terminate()
    assert bridge.wait(20) == 0
    radio.close()
    assert StationEvent.objects.values("event_id").distinct().count() == EVENTS
    assert not DeadLetter.objects.filter(topic__contains=station.slug).exists()
