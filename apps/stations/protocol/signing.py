"""Ed25519 signatures of commands.

On the wire a command is its JSON body, a newline and the base64 signature of
`topic + "\\n" + body`, so that a command cannot be moved to another station or id.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .errors import ProtocolError

KEY_BYTES = 32
SIGNATURE_BYTES = 64


def private_key(seed: str) -> Ed25519PrivateKey:
    """Return the key of a base64 seed of 32 bytes.

    Raises: ValueError when the seed is not that.
    """
    return Ed25519PrivateKey.from_private_bytes(_key_bytes(seed))


def public_key(encoded: str) -> Ed25519PublicKey:
    """Return the verifying key of 32 base64 bytes.

    Raises: ValueError when the text is not that.
    """
    return Ed25519PublicKey.from_public_bytes(_key_bytes(encoded))


def public_key_of(seed: str) -> str:
    """Return the base64 public key that belongs to a base64 seed.

    Raises: ValueError when the seed is not 32 bytes.
    """
    return base64.b64encode(private_key(seed).public_key().public_bytes_raw()).decode()


def sign(topic: str, body: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return what goes on the wire: body, newline, signature.

    Raises: ValueError when the body holds a newline.
    """
    if b"\n" in body:
        raise ValueError("A command's body is one line.")
    return body + b"\n" + base64.b64encode(key.sign(_signed_part(topic, body)))


def verify(topic: str, wire: bytes, key: Ed25519PublicKey) -> bytes:
    """Return the body of a command that this key signed for this very topic.

    Raises: ProtocolError (`bad_signature`) for anything else.
    """
    body, newline, encoded = wire.rpartition(b"\n")
    try:
        signature = base64.b64decode(encoded, validate=True)
        if not newline or len(signature) != SIGNATURE_BYTES:
            raise _refused()
        key.verify(signature, _signed_part(topic, body))
    except (binascii.Error, InvalidSignature) as error:
        raise _refused() from error
    return body


def _signed_part(topic: str, body: bytes) -> bytes:
    return topic.encode() + b"\n" + body


def _key_bytes(encoded: str) -> bytes:
    raw = base64.b64decode(encoded, validate=True)
    if len(raw) != KEY_BYTES:
        raise ValueError(f"An Ed25519 key has {KEY_BYTES} bytes; this one has {len(raw)}.")
    return raw


def _refused() -> ProtocolError:
    return ProtocolError("bad_signature", "The signature does not match topic and body.")
