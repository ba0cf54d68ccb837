"""The radio: one paho client per power-on, whose thread only enqueues."""

import queue
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.client import ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from apps.common.addresses import TlsFiles
from apps.stations.gateways.tls import tls_context

from .effects import Publish
from .station_file import StationFile

KEEPALIVE_SECONDS = 20
FLUSH_SECONDS = 2.0


@dataclass(frozen=True)
class Broker:
    """Where the broker listens."""

    host: str
    port: int
    tls: bool = False
    files: TlsFiles = field(default_factory=TlsFiles)


@dataclass(frozen=True)
class LinkUp:
    """The broker took the station in."""

    link: "Link"


@dataclass(frozen=True)
class LinkDown:
    """The connection ended or was refused; `reason` is for a person."""

    link: "Link"
    reason: str


@dataclass(frozen=True)
class Received:
    """A message that is acknowledged once it is handled."""

    link: "Link"
    topic: str
    payload: bytes
    mid: int
    qos: int


Signal = LinkUp | LinkDown | Received


def _at_once(client: mqtt.Client, userdata: Any, wire: Any) -> None:
    """Let the second word of two not wait 40 ms for the receipt of the first."""
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Link:
    """A connection that keeps trying until it is cut or closed."""

    def __init__(self, station: StationFile, broker: Broker, will: Publish, inbox: "queue.Queue[Signal]") -> None:
        self._inbox = inbox
        self._last: mqtt.MQTTMessageInfo | None = None
        self._client = mqtt.Client(
            callback_api_version=CallbackAPIVersion.VERSION2,
            client_id=station.client_id or f"station-{station.station_id}",
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        self._client.username_pw_set(station.username, station.password)
        if broker.tls:
            self._client.tls_set_context(tls_context(broker.files))
        self._client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        self._client.reconnect_delay_set(min_delay=1, max_delay=8)
        self._client.max_inflight_messages_set(200)
        self._client.on_socket_open = _at_once
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.connect_async(broker.host, broker.port, keepalive=KEEPALIVE_SECONDS)
        self._client.loop_start()

    def subscribe(self, topics: list[str]) -> None:
        """Listen to the topics at QoS 1."""
        self._client.subscribe([(topic, 1) for topic in topics])

    def publish(self, message: Publish) -> None:
        """Send at QoS 1."""
        self._last = self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    def done(self, message: Received) -> None:
        """Acknowledge a message that has been handled."""
        self._client.ack(message.mid, message.qos)

    def cut(self) -> None:
        """Lose the network: what was sent is flushed, then the socket dies without a good-bye."""
        self._flush()
        wire = self._client.socket()
        if isinstance(wire, socket.socket):
            with suppress(OSError):  # it may be dead already
                wire.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def close(self, farewell: Publish) -> None:
        """Say good-bye and leave."""
        if self._client.is_connected():
            self.publish(farewell)
            self._flush()
            self._client.disconnect()
        self._client.loop_stop()

    def _flush(self) -> None:
        if self._last is not None and self._client.is_connected():
            self._last.wait_for_publish(FLUSH_SECONDS)

    def _on_connect(
        self,
        client: mqtt.Client,
        userdata: Any,
        flags: ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._inbox.put(LinkDown(self, str(code)))
        else:
            self._inbox.put(LinkUp(self))

    def _on_disconnect(
        self,
        client: mqtt.Client,
        userdata: Any,
        flags: DisconnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._inbox.put(LinkDown(self, str(code)))

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        self._inbox.put(Received(self, message.topic, bytes(message.payload), message.mid, message.qos))
