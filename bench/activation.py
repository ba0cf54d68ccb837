"""How long a customer waits for water to show: activation, the station's `started`, the dashboard's diff.

Broker, bridge, Redis and stations are real and under load; the gateway answers at once, for it is not ours, and the
measured station opens its valve at once, for its half second is not ours either. The echo beside it is one message
there and back between two bare clients of the same broker, under the same load.
"""

import asyncio
import queue
import signal
import socket
import statistics
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from apps.stations.protocol.access import BRIDGE
from bench.activation_world import (
    PATIENCE_SECONDS,
    CardGateway,
    World,
    bays_idle,
    devices,
    provisioned,
    reached,
    started,
    wait_for,
)
from bench.database import Addresses
from bench.figures import Figure
from bench.gateway import standing_in
from bench.rounds import Size
from petwash.devstack.programs import manage

ALLOWED_SECONDS = 0.150
RATE_EACH = 20


def measure(addresses: Addresses, size: Size) -> list[Figure]:
    """Return the wait from activation to the diff beside a bare echo, and the load that was really there."""
    talkers, times = size.of(50, 2), size.of(120, 3)
    with started(addresses) as world, standing_in(CardGateway()):
        stations = [provisioned(world, f"bench-{number}") for number in range(size.of(6, 1))]
        files = [provisioned(world, f"talk-{number}")[0] for number in range(talkers)]
        load = world.run(manage("simulate_stations", *map(str, files), "--rate", str(RATE_EACH)), "load")
        with devices(world, [path for path, _ in stations]), _Dashboard() as dashboard, _Echo(world) as echo:
            wait_for(lambda: bays_idle([device["station_id"] for _, device in stations]))
            wait_for(lambda: size.smoke or reached(world) is not None)
            # One station after the other, so that a wash ends while its neighbours are bought.
            pairs = ((device["station_id"], bay) for _, device in stations for bay in device["bays"])
            bays = sorted(pairs, key=lambda pair: int(pair[1]["number"]))
            waits, echoes = [], []
            for number in range(times + len(bays)):
                waits.append(_wait_of(*bays[number % len(bays)], dashboard))
                echoes.append(echo.took())
            waits, echoes = waits[len(bays) :], echoes[len(bays) :]  # the first of each bay warms it up
        load.send_signal(signal.SIGTERM)
        load.wait()
        rate = reached(world) or (0, 0)
    return _figures(waits, echoes, rate, talkers * RATE_EACH, world.broker.kind)


def _figures(waits: list[float], echoes: list[float], rate: tuple[int, int], asked: int, broker: str) -> list[Figure]:
    wait, bare = _p95(waits), _p95(echoes)
    allowed = bare + ALLOWED_SECONDS
    return [
        Figure(
            f"p95 from activation through `started` to the dashboard's diff, {broker}",
            f"{wait * 1000:.0f} ms (median {statistics.median(waits) * 1000:.0f})",
            f"a bare echo {bare * 1000:.0f} ms + {ALLOWED_SECONDS * 1000:.0f} ms",
            allowed / wait,
            "≥ 1 x",
            wait <= allowed,
        ),
        Figure(
            "telemetry meanwhile, into PostgreSQL through the same bridge",
            f"{rate[0]} msg/s sent, {rate[1]} acknowledged",
            f"{asked} msg/s asked for",
            rate[1] / asked,
            "≥ 0.95 x",
            rate[1] >= 0.95 * asked,
        ),
    ]


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


class _Dashboard:
    """Hears the diffs of the live picture as the pages' sockets do."""

    def __init__(self) -> None:
        self.diffs: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self._listening = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "_Dashboard":
        self._thread.start()
        assert self._listening.wait(PATIENCE_SECONDS), "Redis answers"
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        self._task = self._loop.create_task(self._listen())
        try:
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._task)
        finally:
            self._loop.close()  # the layer closes its connection with its loop

    async def _listen(self) -> None:
        from channels.layers import get_channel_layer

        from apps.stations.live import GROUP

        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        self._listening.set()
        while True:
            message = await layer.receive(channel)
            at = time.perf_counter()
            for body in message["bodies"]:
                self.diffs.put((at, body["station"]))


def _wait_of(station: str, bay: dict[str, Any], dashboard: _Dashboard) -> float:
    """Buy at a bay and return the seconds until the dashboard shows that it runs."""
    from apps.stations.services.activation import activate

    wait_for(lambda: bays_idle([station]))
    begun = time.perf_counter()
    activate(
        bay_id=bay["id"],
        bay_token=bay["bay_token"],
        program="quick",
        payment_method="pm_card_visa",
        key=str(uuid.uuid4()),
        address=f"198.18.{int(begun) % 250}.{int(begun * 1000) % 250}",
    )
    while time.perf_counter() - begun < PATIENCE_SECONDS:
        at, shown = dashboard.diffs.get(timeout=PATIENCE_SECONDS)
        runs = any(one["number"] == bay["number"] and one["state"] == "running" for one in shown["bays"])
        if at > begun and shown["id"] == station and runs:
            return at - begun
    raise TimeoutError(f"{station} never showed that its bay {bay['number']} runs")


class _Echo:
    """Two bare clients: one asks, the other answers."""

    def __init__(self, world: World) -> None:
        self._port, self._password = world.broker.port, world.broker.password
        self._answers: queue.Queue[float] = queue.Queue()

    def __enter__(self) -> "_Echo":
        self._peer = self._client(_answer)
        self._peer.subscribe("echo/ask", qos=1)
        self._asker = self._client(lambda *_given: self._answers.put_nowait(time.perf_counter()))
        self._asker.subscribe("echo/answer", qos=1)
        return self

    def __exit__(self, *_error: object) -> None:
        for client in (self._peer, self._asker):
            client.disconnect()
            client.loop_stop()

    def took(self) -> float:
        """Return the seconds of one message there and back."""
        started = time.perf_counter()
        while True:
            self._asker.publish("echo/ask", b"{}", qos=1)
            try:
                return self._answers.get(timeout=PATIENCE_SECONDS) - started
            except queue.Empty:
                raise TimeoutError("the broker does not echo") from None

    def _client(self, hear: Callable[..., None]) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(BRIDGE, self._password)
        client.on_socket_open = _at_once
        ready = threading.Event()
        client.on_subscribe = lambda *_given: ready.set()
        client.on_message = hear
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        return client


def _answer(peer: mqtt.Client, data: Any, asked: mqtt.MQTTMessage) -> None:
    peer.publish("echo/answer", asked.payload, qos=1)


def _at_once(client: mqtt.Client, data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
