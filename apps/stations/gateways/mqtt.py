"""One connection to the broker: a bounded queue in, publications out, acknowledgement by hand.

The network thread does nothing but put messages into the queue; when the queue is full it waits,
which stops reading from the socket, so that the broker feels the pressure. Messages stay
unacknowledged until the owner says so, and a persistent session gets them again after a crash.
"""

import hashlib
import hmac
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from apps.common.addresses import BrokerAddress

log = structlog.get_logger(__name__)
QOS = 1
KEEPALIVE_SECONDS = 20
QUEUED_OUT = 20_000


@dataclass(frozen=True)
class Received:
    """A message with what its acknowledgement needs."""

    topic: str
    payload: bytes
    mid: int
    session: int


@dataclass(frozen=True)
class Will:
    """What the broker says for us when we vanish."""

    topic: str
    payload: bytes


def _guarded(callback: Callable[..., None]) -> Callable[..., None]:
    """Wrap a paho callback: one exception would silently end paho's network thread."""

    @wraps(callback)
    def run(self: "Lane", *args: Any) -> None:
        try:
            callback(self, *args)
        except Exception as error:
            log.error("mqtt.callback_failed", callback=callback.__name__, error=type(error).__name__)  # noqa: TRY400 - a traceback may hold a message

    return run


def client_id_of(name: str, password: str) -> str:
    """Return the client id that a lane of this name uses: fixed, and unknown to who has another password.

    Mosquitto ends a session when anybody who may come in uses its client id; so with a guessable one
    each station could throw the server out, again and again.
    """
    return f"{name}-{hmac.digest(password.encode(), name.encode(), hashlib.sha256).hex()[:16]}"


class Lane:
    """A client with a fixed id and a persistent session on some topics."""

    def __init__(
        self,
        address: BrokerAddress,
        client_id: str,
        topics: Sequence[str],
        *,
        will: Will | None = None,
        on_connected: Callable[["Lane"], None] | None = None,
        capacity: int = 5_000,
    ) -> None:
        self._address = address
        self._topics = [(topic, QOS) for topic in topics]
        self._greet = on_connected
        self._inbox: queue.Queue[Received] = queue.Queue(maxsize=capacity)
        self._stopping = threading.Event()
        self._session = 0
        self.name = client_id
        self.subscribed = threading.Event()
        self._client = self._build(client_id, will)

    def start(self) -> None:
        """Connect and keep connecting, in the background."""
        self._client.connect_async(self._address.host, self._address.port, KEEPALIVE_SECONDS)
        self._client.loop_start()

    @property
    def connected(self) -> bool:
        """Whether the broker answers and the subscriptions stand."""
        return self._client.is_connected() and self.subscribed.is_set()

    @property
    def waiting(self) -> int:
        """How many messages are queued."""
        return self._inbox.qsize()

    def take(self, limit: int, within: float, first_wait: float = 0.5) -> list[Received]:
        """Return up to `limit` messages that arrive within `within` seconds of the first one."""
        try:
            batch = [self._inbox.get(timeout=first_wait)]
        except queue.Empty:
            return []
        deadline = time.monotonic() + within
        while len(batch) < limit:
            try:
                batch.append(self._inbox.get(timeout=max(deadline - time.monotonic(), 0)))
            except queue.Empty:
                break
        return batch

    def ack(self, batch: Sequence[Received]) -> None:
        """Acknowledge committed messages of the connection that is up.

        An older connection's message ids mean nothing now, or another message: the broker sends
        those messages again and they are recognised as repeats.
        """
        for message in batch:
            if message.session == self._session:
                self._client.ack(message.mid, QOS)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> paho.MQTTMessageInfo:
        """Send at least once; without a connection it waits in a bounded queue."""
        return self._client.publish(topic, payload, qos=QOS, retain=retain)

    def stop(self, last: Will | None = None, timeout: float = 3.0) -> None:
        """Say the last words, disconnect cleanly and end the network thread."""
        self._stopping.set()
        if last is not None and self._client.is_connected():
            info = self.publish(last.topic, last.payload, retain=True)
            try:
                info.wait_for_publish(timeout)
            except (RuntimeError, ValueError) as error:
                log.warning("mqtt.last_words_lost", error=type(error).__name__)
        self._client.disconnect()
        self._client.loop_stop()

    def _build(self, client_id: str, will: Will | None) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id_of(client_id, self._address.password),
            clean_session=False,
            protocol=paho.MQTTv311,
            manual_ack=True,
        )
        client.username_pw_set(self._address.username, self._address.password)
        if self._address.tls:
            client.tls_set_context(ssl.create_default_context())
        if will is not None:
            client.will_set(will.topic, will.payload, qos=QOS, retain=True)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.max_queued_messages_set(QUEUED_OUT)
        client.max_inflight_messages_set(1_000)
        client.on_socket_open = self._on_socket_open
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    @_guarded
    def _on_socket_open(self, client: paho.Client, data: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @_guarded
    def _on_connect(self, client: paho.Client, data: Any, flags: Any, reason: Any, props: Any) -> None:
        if reason.is_failure:
            log.error("mqtt.refused", lane=self.name, reason=str(reason))
            return
        self._session += 1
        client.subscribe(self._topics)
        log.info("mqtt.connected", lane=self.name)

    @_guarded
    def _on_subscribe(self, client: paho.Client, data: Any, mid: int, reasons: Any, props: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("mqtt.subscription_refused", lane=self.name)
            return
        self.subscribed.set()
        if self._greet is not None:
            self._greet(self)

    @_guarded
    def _on_disconnect(self, client: paho.Client, data: Any, flags: Any, reason: Any, props: Any) -> None:
        self.subscribed.clear()
        log.warning("mqtt.disconnected", lane=self.name, reason=str(reason))

    @_guarded
    def _on_message(self, client: paho.Client, data: Any, message: paho.MQTTMessage) -> None:
        received = Received(message.topic, bytes(message.payload), message.mid, self._session)
        while not self._stopping.is_set():
            try:
                self._inbox.put(received, timeout=0.2)
            except queue.Full:
                continue
            return
