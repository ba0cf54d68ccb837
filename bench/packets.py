"""The three packets of MQTT 3.1.1 that a talker needs (sections 3.1 to 3.4), at next to no cost."""

from collections.abc import Iterable

CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
PUBACK_BYTES = 4
KEEPALIVE_SECONDS = 600
_LAST_ID = 0xFFFF


def connect(client_id: str, user: str, password: str) -> bytes:
    """Return a CONNECT with a clean session."""
    texts = b"".join(_text(one.encode()) for one in (client_id, user, password))
    body = b"\x00\x04MQTT\x04\xc2" + KEEPALIVE_SECONDS.to_bytes(2, "big") + texts
    return b"\x10" + _length(len(body)) + body


def publishes(messages: Iterable[tuple[str, bytes, bool]]) -> bytes:
    """Return a PUBLISH at QoS 1 for each topic, payload and retain flag; the first four bytes are their number."""
    packets = [_publish(*message, 1 + index % _LAST_ID) for index, message in enumerate(messages)]
    return len(packets).to_bytes(4, "big") + b"".join(packets)


def _publish(topic: str, payload: bytes, retain: bool, mid: int) -> bytes:
    body = _text(topic.encode()) + mid.to_bytes(2, "big") + payload
    return (b"\x33" if retain else b"\x32") + _length(len(body)) + body


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text


def _length(number: int) -> bytes:
    encoded = bytearray()
    while True:
        number, low = divmod(number, 128)
        encoded.append(low | (128 if number else 0))
        if not number:
            return bytes(encoded)
