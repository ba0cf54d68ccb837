"""Identifiers: UUIDv7 for machines, short references for people."""

import os
import secrets
import time
from uuid import UUID

# Crockford's base 32: no I, L, O, U, so that a reference survives being read aloud.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def uuid7() -> UUID:
    """Return a time-ordered UUID (RFC 9562, version 7): 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds.to_bytes(6, "big") + os.urandom(10)
    number = int.from_bytes(value, "big")
    number = number & ~(0xF << 76) | (0x7 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=number)


def make_reference(prefix: str = "PW") -> str:
    """Return a reference for people, such as PW-7F3K-9Q2M (40 random bits; the column is unique)."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{prefix}-{signs[:4]}-{signs[4:]}"


def parse_public_id(text: object) -> UUID | None:
    """Return the UUID, or None when the text is none: an unreadable id is an absent thing."""
    try:
        return UUID(str(text))
    except ValueError:
        return None
