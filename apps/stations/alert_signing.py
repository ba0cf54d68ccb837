"""How a station signs an alert that it posts over HTTP. Pure; the simulator signs with it too.

Headers: `X-Station-Timestamp` (RFC 3339 or Unix seconds, fractions allowed) and
`X-Station-Signature: sha256=<hex HMAC-SHA256 of timestamp + "." + body>` with the station's
`hmac_key`. A retry is signed again with a fresh timestamp; the same signature twice is a replay.
"""

import hashlib
import hmac
from datetime import UTC, datetime

TIMESTAMP_HEADER = "X-Station-Timestamp"
SIGNATURE_HEADER = "X-Station-Signature"
MAX_SKEW_SECONDS = 300


def sign(hmac_key: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature header."""
    message = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(hmac_key.encode(), message, hashlib.sha256).hexdigest()


def signed_headers(hmac_key: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return both headers for a body that is sent at an instant."""
    timestamp = at.isoformat(timespec="microseconds")
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: sign(hmac_key, timestamp, body)}


def matches(hmac_key: str, timestamp: str, body: bytes, signature: str) -> bool:
    """Tell whether the signature belongs to this body and timestamp, in constant time."""
    return hmac.compare_digest(sign(hmac_key, timestamp, body).encode(), signature.encode())


def is_fresh(timestamp: str, at: datetime) -> bool:
    """Tell whether a timestamp is within five minutes of an instant; nonsense is not fresh."""
    sent = _parse(timestamp)
    return sent is not None and abs((at - sent).total_seconds()) <= MAX_SKEW_SECONDS


def _parse(timestamp: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(timestamp), tz=UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        sent = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return sent if sent.tzinfo else None
