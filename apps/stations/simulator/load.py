"""Many stations in one thread: real devices on light links, for load.

Each station is a device with its own connection and credential, which speaks and listens as always, and
besides sends its states and levels at a given rate. No thread and no timer a station: one loop serves the
sockets, so a thousand stations cost a thousand sockets and little else.
"""

import heapq
import selectors
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from .device import Device
from .effects import Effect, Publish
from .faults import Faults
from .link import KEEPALIVE_SECONDS, Broker
from .memory import Flash
from .runner import SteadyClock
from .station_file import StationFile
from .washing import Pace

RECONNECT_SECONDS = 2.0
MISC_SECONDS = 0.5
REPORT_SECONDS = 5.0
_LATE_SECONDS = 1.0
"""How far a station may lag behind its rate; what is later than that is left out, not sent in a burst."""


@dataclass
class Count:
    """What the loop has done so far."""

    connected: int = 0
    sent: int = 0
    acknowledged: int = 0
    left_out: int = 0


@dataclass(order=True)
class _Due:
    at: float
    station: "LoadStation" = field(compare=False)


class LoadStation:
    """One device on a socket that somebody else's loop serves."""

    def __init__(
        self, station: StationFile, flash: Flash, *, broker: Broker, pace: Pace, clock: SteadyClock, count: Count
    ) -> None:
        self._broker, self._clock, self._count = broker, clock, count
        self._device = Device(station, flash, faults=Faults(), pace=pace, now=clock.now())
        self._next: deque[Publish] = deque()
        self._telemetry: set[int] = set()
        self._reconnect_at = 0.0
        self._up = False
        self.client = self._build(station)

    def connect(self, now: float) -> None:
        """Connect, or try again in a moment."""
        self._reconnect_at = now + RECONNECT_SECONDS
        with suppress(OSError):
            self.client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_SECONDS)
            self._reconnect_at = 0.0

    def misc(self, now: float) -> None:
        """Let time pass for the device and for its connection."""
        if self._reconnect_at and now >= self._reconnect_at:
            self.connect(now)
        self.client.loop_misc()
        self._do(self._device.tick(self._clock.now()))

    def report(self) -> bool:
        """Send the next of the states and levels; False without a connection."""
        if not self._up:
            return False
        if not self._next:
            self._next += [one for one in self._device.report(self._clock.now()) if isinstance(one, Publish)]
        message = self._next.popleft()
        sent = self.client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        self._telemetry.add(sent.mid)
        self._count.sent += 1
        return True

    def close(self) -> None:
        """Say good-bye and leave."""
        self._device.save()
        if self._up:
            self._do([self._device.last_will(self._clock.now())])
            self.client.disconnect()

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Publish) and self._up:
                self.client.publish(effect.topic, effect.payload, qos=1, retain=effect.retain)

    def _build(self, station: StationFile) -> mqtt.Client:
        client = mqtt.Client(
            callback_api_version=CallbackAPIVersion.VERSION2,
            client_id=f"station-{station.station_id}",
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        will = self._device.last_will(self._clock.now())
        client.username_pw_set(station.username, station.password)
        client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.max_inflight_messages_set(100)
        if self._broker.tls:
            client.tls_set(cert_reqs=ssl.CERT_REQUIRED)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            return
        self._up = True
        self._count.connected += 1
        client.subscribe([(topic, 1) for topic in self._device.subscriptions()])
        self._do(self._device.connected(self._clock.now()))

    def _on_disconnect(self, client: mqtt.Client, data: Any, flags: Any, code: Any, properties: Any) -> None:
        self._count.connected -= self._up
        self._up = False
        self._telemetry.clear()
        self._device.disconnected()
        self._reconnect_at = time.monotonic() + RECONNECT_SECONDS

    def _on_message(self, client: mqtt.Client, data: Any, message: mqtt.MQTTMessage) -> None:
        self._do(self._device.received(message.topic, bytes(message.payload), self._clock.now()))

    def _on_publish(self, client: mqtt.Client, data: Any, mid: int, code: Any, properties: Any) -> None:
        if mid in self._telemetry:
            self._telemetry.discard(mid)
            self._count.acknowledged += 1


class Loop:
    """Serves the sockets of many stations and keeps each at its rate."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def adopt(self, client: mqtt.Client) -> None:
        """Serve this client's socket from when it opens until it closes."""
        client.on_socket_open = self._open
        client.on_socket_close = self._close
        client.on_socket_register_write = lambda *given: self._watch(given[0], given[2], write=True)
        client.on_socket_unregister_write = lambda *given: self._watch(given[0], given[2], write=False)

    def serve(self, seconds: float) -> None:
        """Read and write what is ready, for so long at most."""
        for key, ready in self._selector.select(max(seconds, 0.0)):
            client: mqtt.Client = key.data
            if ready & selectors.EVENT_READ and client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                continue
            if ready & selectors.EVENT_WRITE:
                client.loop_write()

    def _open(self, client: mqtt.Client, data: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(sock, selectors.EVENT_READ, client)

    def _close(self, client: mqtt.Client, data: Any, sock: Any) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(sock)

    def _watch(self, client: mqtt.Client, sock: Any, *, write: bool) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        with suppress(KeyError, ValueError):
            self._selector.modify(sock, wanted, client)


def run_load(
    stations: Sequence[tuple[StationFile, Flash]],
    *,
    broker: Broker,
    rate: float,
    pace: Pace,
    stop: Event,
    say: Callable[[str], None],
) -> Count:
    """Run the stations, each with `rate` messages of telemetry a second, until `stop`; say what was reached."""
    clock, count, loop = SteadyClock(), Count(), Loop()
    fleet = [LoadStation(file, flash, broker=broker, pace=pace, clock=clock, count=count) for file, flash in stations]
    for station in fleet:
        loop.adopt(station.client)
    begun = time.monotonic()
    for station in fleet:
        station.connect(time.monotonic())
        loop.serve(0.0)
    queue = [_Due(begun + index / len(fleet) / rate, station) for index, station in enumerate(fleet)]
    heapq.heapify(queue)
    misc_at = told_at = time.monotonic()
    told = Count()
    while not stop.is_set():
        now = time.monotonic()
        _report_due(queue, now, rate, count)
        if now >= misc_at:
            misc_at = now + MISC_SECONDS
            for station in fleet:
                station.misc(now)
        if now >= told_at + REPORT_SECONDS:
            say(_line(fleet, count, told, now - told_at))
            told, told_at = Count(**vars(count)), now
        loop.serve(min(queue[0].at, misc_at) - time.monotonic())
    for station in fleet:
        station.close()
    return count


def _report_due(queue: list[_Due], now: float, rate: float, count: Count) -> None:
    while queue[0].at <= now:
        due = queue[0]
        due.station.report()
        due.at += 1 / rate
        if due.at < now - _LATE_SECONDS:
            count.left_out += int((now - due.at) * rate)
            due.at = now
        heapq.heapreplace(queue, due)


def _line(fleet: Sequence[LoadStation], count: Count, told: Count, seconds: float) -> str:
    sent, confirmed = ((getattr(count, name) - getattr(told, name)) / seconds for name in ("sent", "acknowledged"))
    late = f", {count.left_out - told.left_out} left out" if count.left_out > told.left_out else ""
    return f"{count.connected} of {len(fleet)} stations: {sent:.0f} messages/s sent, {confirmed:.0f} acknowledged{late}"
