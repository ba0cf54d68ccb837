"""The wire form of commands, held against the vectors that the docs publish."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.stations.protocol import signing, topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.messages import Command, parse_message
from apps.stations.protocol.ulid import make_ulid

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "protocol.md"
KEY = signing.private_key(base64.b64encode(bytes(32)).decode())
TOPIC = topics.command("tlv-1", make_ulid())


def published_vectors() -> dict[str, Any]:
    block = re.search(r"```json vectors\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert block is not None
    vectors: dict[str, Any] = json.loads(block[1])
    return vectors


def test_the_published_vectors_are_what_the_code_makes_and_accepts() -> None:
    vectors = published_vectors()
    assert signing.public_key_of(vectors["seed"]) == vectors["public_key"]
    assert len(vectors["commands"]) == 3
    for vector in vectors["commands"]:
        topic, body = vector["topic"], vector["body"].encode()
        wire = body + b"\n" + vector["signature"].encode()
        assert signing.sign(topic, body, signing.private_key(vectors["seed"])) == wire
        assert signing.verify(topic, wire, signing.public_key(vectors["public_key"])) == body
        command = parse_message(topics.parse(topic), body)
        assert isinstance(command, Command)
        assert command.to_json() == body


def test_a_signature_holds_for_its_topic_alone() -> None:
    wire = signing.sign(TOPIC, b"{}", KEY)
    assert signing.verify(TOPIC, wire, KEY.public_key()) == b"{}"
    with pytest.raises(ProtocolError) as refused:
        signing.verify(topics.command("tlv-2", make_ulid()), wire, KEY.public_key())
    assert refused.value.reason == "bad_signature"


def test_another_key_is_refused() -> None:
    wire = signing.sign(TOPIC, b"{}", Ed25519PrivateKey.generate())
    with pytest.raises(ProtocolError):
        signing.verify(TOPIC, wire, KEY.public_key())


def test_no_changed_byte_passes() -> None:
    wire = signing.sign(TOPIC, b'{"a":1}', KEY)
    passed = []
    for index in range(len(wire)):
        forged = wire[:index] + bytes([wire[index] ^ 1]) + wire[index + 1 :]
        try:
            passed.append(signing.verify(TOPIC, forged, KEY.public_key()))
        except ProtocolError as error:
            assert error.reason == "bad_signature"  # noqa: PT017  both outcomes are looked at
    assert passed == []


@pytest.mark.parametrize("wire", [b"", b"{}", b"{}\n", b"{}\nAAAA", b"{}\n!!!", b"{}\n\xff\xfe"])
def test_a_missing_or_broken_signature_is_refused(wire: bytes) -> None:
    with pytest.raises(ProtocolError) as refused:
        signing.verify(TOPIC, wire, KEY.public_key())
    assert refused.value.reason == "bad_signature"


def test_a_body_of_two_lines_is_not_signed() -> None:
    with pytest.raises(ValueError, match="one line"):
        signing.sign(TOPIC, b"{}\n{}", KEY)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        signing.private_key(base64.b64encode(b"short").decode())
