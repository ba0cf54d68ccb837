"""One connection to the broker: a bounded queue in, publications out, acknowledgement by hand.

The network thread does nothing but put messages into the queue; when the queue is full it waits,
which stops reading from the socket, so that the broker feels the pressure. Messages stay
unacknowledged until the owner says so, and a persistent session gets them again after a crash.
"""

import hashlib
import hmac
import queue
import socket
import sys
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
from apps.stations.gateways.tls import tls_context

log = structlog.get_logger(__name__)
QOS = 1
KEEPALIVE_SECONDS = 20
QUEUED_OUT = 20_000
FILTERS_A_PACKET = 200
FORGET_SECONDS = 10.0


@dataclass(frozen=True)
class Received:
    """A message with what its acknowledgement needs."""

    topic: str
    payload: bytes
    mid: int
    session: int
    at: float = 0.0
    """When it came, by the monotonic clock."""
    retained: bool = False
    """Whether the broker had it in store, which it marks for a new subscription alone."""


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


def _client(address: BrokerAddress, client_id: str, *, keeps_session: bool) -> paho.Client:
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id_of(client_id, address.password),
        clean_session=not keeps_session,
        protocol=paho.MQTTv311,
        manual_ack=True,
    )
    client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set_context(tls_context(address.files))
    return client


def forget_session(address: BrokerAddress, client_id: str) -> bool:
    """Have the broker drop what it keeps for a client; False when it could not be told."""
    client = _client(address, client_id, keeps_session=False)
    deadline = time.monotonic() + FORGET_SECONDS
    try:
        client.connect(address.host, address.port, KEEPALIVE_SECONDS)
        while not client.is_connected() and time.monotonic() < deadline:
            client.loop(0.1)
        return client.is_connected()
    except OSError as error:
        log.warning("mqtt.session_not_forgotten", lane=client_id, error=type(error).__name__)
        return False
    finally:
        client.disconnect()


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
        self._topics = list(topics)
        self._dropped: set[str] = set()
        self._pending: set[int] = set()
        self._changing = threading.RLock()
        self._heard_at = time.monotonic()
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

    @property
    def oldest_wait(self) -> float:
        """How many seconds the oldest queued message has waited; 0.0 when none does."""
        try:
            first: Received = self._inbox.queue[0]
        except IndexError:
            return 0.0
        return time.monotonic() - first.at

    @property
    def silent_seconds(self) -> float:
        """How long nothing has come, counted while connected and settled."""
        return time.monotonic() - self._heard_at if self.connected else 0.0

    def want(self, topics: Sequence[str]) -> None:
        """Listen to exactly these topics from now on; while disconnected, from the next connection on."""
        with self._changing:
            known = set(self._topics)
            new = [topic for topic in topics if topic not in known]
            gone = known.difference(topics)
            self._topics = list(topics)
            self._dropped = (self._dropped | gone).difference(topics)
            if self._client.is_connected():
                self._ask(new, sorted(gone))

    def drop(self, topics: Sequence[str]) -> None:
        """Tell the broker's session to forget topics that it may hold from earlier days."""
        with self._changing:
            gone = set(topics).difference(self._topics)
            self._dropped |= gone
            if self._client.is_connected():
                self._ask([], sorted(gone))

    def _ask(self, wanted: Sequence[str], gone: Sequence[str]) -> None:
        """Subscribe and unsubscribe in packets that a broker takes; the answers make us `subscribed`."""
        for start in range(0, len(gone), FILTERS_A_PACKET):
            _, mid = self._client.unsubscribe(list(gone[start : start + FILTERS_A_PACKET]))
            self._pending.add(mid or 0)
        for start in range(0, len(wanted), FILTERS_A_PACKET):
            _, mid = self._client.subscribe([(topic, QOS) for topic in wanted[start : start + FILTERS_A_PACKET]])
            self._pending.add(mid or 0)

    def _answered(self, mid: int) -> None:
        with self._changing:
            self._pending.discard(mid)
            settled = not self._pending and not self.subscribed.is_set()
        if settled:
            self._heard_at = time.monotonic()
            self.subscribed.set()
            if self._greet is not None:
                self._greet(self)

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
        client = _client(self._address, client_id, keeps_session=True)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=QOS, retain=True)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.max_queued_messages_set(QUEUED_OUT)
        client.max_inflight_messages_set(1_000)
        client.on_socket_open = self._on_socket_open
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    @_guarded
    def _on_socket_open(self, client: paho.Client, data: Any, sock: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @_guarded
    def _on_connect_fail(self, client: paho.Client, data: Any) -> None:
        """Say why: paho tries again without a word, and calls this while it handles the error."""
        error = sys.exc_info()[1]
        reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error)
        log.error("mqtt.not_connected", lane=self.name, error=type(error).__name__, reason=reason)

    @_guarded
    def _on_connect(self, client: paho.Client, data: Any, flags: Any, reason: Any, props: Any) -> None:
        if reason.is_failure:
            log.error("mqtt.refused", lane=self.name, reason=str(reason))
            return
        self._session += 1
        with self._changing:
            self._pending.clear()
            self._ask(self._topics, sorted(self._dropped))
            nothing_asked = not self._pending
        log.info("mqtt.connected", lane=self.name)
        if nothing_asked:
            self._answered(0)

    @_guarded
    def _on_subscribe(self, client: paho.Client, data: Any, mid: int, reasons: Any, props: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("mqtt.subscription_refused", lane=self.name)
            return
        self._answered(mid)

    @_guarded
    def _on_unsubscribe(self, client: paho.Client, data: Any, mid: int, reasons: Any, props: Any) -> None:
        self._answered(mid)

    @_guarded
    def _on_disconnect(self, client: paho.Client, data: Any, flags: Any, reason: Any, props: Any) -> None:
        self.subscribed.clear()
        log.warning("mqtt.disconnected", lane=self.name, reason=str(reason))

    @_guarded
    def _on_message(self, client: paho.Client, data: Any, message: paho.MQTTMessage) -> None:
        self._heard_at = time.monotonic()
        received = Received(
            message.topic, bytes(message.payload), message.mid, self._session, self._heard_at, bool(message.retain)
        )
        while not self._stopping.is_set():
            try:
                self._inbox.put(received, timeout=0.2)
            except queue.Full:
                continue
            return
