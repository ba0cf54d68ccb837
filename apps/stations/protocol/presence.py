"""The code that a bay's display shows, made alike by the bay and by the server."""

import hashlib
import hmac
from datetime import datetime

WINDOW_SECONDS = 30
DIGITS = 4


def code_at(key: str, bay_id: str, moment: datetime) -> str:
    """Return the four digits of the 30 seconds around an instant.

    The first eight bytes of HMAC-SHA256(key, "bay_id:window") as a big-endian number, modulo 10,000.
    """
    return _code(key, bay_id, _window(moment))


def code_matches(code: str, key: str, bay_id: str, moment: datetime) -> bool:
    """Tell whether a code is of this window or a neighbour: clocks differ, and people type slowly."""
    window = _window(moment)
    known = [hmac.compare_digest(code.encode(), _code(key, bay_id, window + step).encode()) for step in (-1, 0, 1)]
    return any(known)


def _window(moment: datetime) -> int:
    return int(moment.timestamp()) // WINDOW_SECONDS


def _code(key: str, bay_id: str, window: int) -> str:
    digest = hmac.new(key.encode(), f"{bay_id}:{window}".encode(), hashlib.sha256).digest()
    return str(int.from_bytes(digest[:8], "big") % 10**DIGITS).zfill(DIGITS)
