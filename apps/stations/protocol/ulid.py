"""ULIDs: 48 bits of milliseconds and 80 random bits in 26 Crockford base-32 signs.

Source of the format: https://github.com/ulid/spec.
"""

import re
import secrets
import threading
import time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PATTERN = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
RANDOM_BITS = 80
_lock = threading.Lock()
_last = 0


def make_ulid() -> str:
    """Return a new ULID of now; within one process each is greater than the one before.

    A clock that steps back does not bring smaller ids.
    """
    global _last
    with _lock:
        fresh = _compose(time.time_ns() // 1_000_000)
        _last = fresh if fresh >> RANDOM_BITS > _last >> RANDOM_BITS else _last + 1
        return _encode(_last)


def ulid_at(moment_ms: int) -> str:
    """Return a ULID of another instant, in Unix milliseconds; ids of one instant have no order."""
    return _encode(_compose(moment_ms))


def is_ulid(text: str) -> bool:
    """Tell whether the text is a canonical (upper-case) ULID."""
    return PATTERN.fullmatch(text) is not None


def ulid_time_ms(ulid: str) -> int:
    """Return the Unix milliseconds in a ULID.

    Raises: ValueError when the text is not a ULID.
    """
    if not is_ulid(ulid):
        raise ValueError(f"Not a ULID: {ulid!r}.")
    value = 0
    for sign in ulid[:10]:
        value = value * 32 + ALPHABET.index(sign)
    return value


def _compose(moment_ms: int) -> int:
    return (moment_ms << RANDOM_BITS) | secrets.randbits(RANDOM_BITS)


def _encode(value: int) -> str:
    return "".join(ALPHABET[(value >> shift) & 31] for shift in range(125, -1, -5))
