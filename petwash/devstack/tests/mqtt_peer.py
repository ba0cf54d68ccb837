"""A real MQTT client for the tests of the broker."""

import contextlib
import queue
import socket
from collections.abc import Iterator
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from petwash.devstack.mqtt import MqttServer

PATIENCE = 10.0


class Peer:
    """One paho client that remembers what it hears."""

    def __init__(self, broker: MqttServer, user: str, password: str, **options: Any) -> None:
        acknowledge = options.pop("acknowledge", True)
        will = options.pop("will", None)
        self.client = paho.Client(CallbackAPIVersion.VERSION2, manual_ack=not acknowledge, **options)
        self.client.username_pw_set(user, password)
        self.heard: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self.connected: queue.Queue[Any] = queue.Queue()
        self.gone: queue.Queue[Any] = queue.Queue()
        self._subscribed: queue.Queue[int] = queue.Queue()
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self.connected.put(reason)
        self.client.on_disconnect = lambda _c, _u, _f, reason, _p: self.gone.put(reason)
        self.client.on_message = lambda _c, _u, message: self.heard.put(message)
        self.client.on_subscribe = lambda _c, _u, mid, _r, _p: self._subscribed.put(mid)
        if will:
            topic, text = will
            self.client.will_set(topic, text, qos=1)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def wait_connected(self) -> "Peer":
        """Wait until the broker has let us in."""
        assert not self.connected.get(timeout=PATIENCE).is_failure
        return self

    def subscribe(self, topic: str) -> None:
        """Subscribe with QoS 1 and wait for the broker's answer."""
        self.client.subscribe(topic, qos=1)
        self._subscribed.get(timeout=PATIENCE)

    def publish(self, topic: str, text: str, *, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the acknowledgement."""
        self.client.publish(topic, text, qos=1, retain=retain).wait_for_publish(PATIENCE)

    def hear(self, count: int) -> list[paho.MQTTMessage]:
        """Return the next messages."""
        return [self.heard.get(timeout=PATIENCE) for _ in range(count)]

    def vanish(self) -> None:
        """Cut the connection as `kill -9` would, without a goodbye."""
        self.client._reconnect_on_failure = False
        connection = self.client.socket()
        assert isinstance(connection, socket.socket)
        connection.shutdown(socket.SHUT_RDWR)
        self.gone.get(timeout=PATIENCE)
        self.client.loop_stop()

    def leave(self) -> None:
        """Say goodbye."""
        self.client.disconnect()
        self.client.loop_stop()


@contextlib.contextmanager
def peer(broker: MqttServer, user: str, password: str, **options: Any) -> Iterator[Peer]:
    """A connected client for the length of a block."""
    guest = Peer(broker, user, password, **options).wait_connected()
    try:
        yield guest
    finally:
        guest.leave()
