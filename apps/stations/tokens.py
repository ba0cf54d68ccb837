"""The two tokens of a walk-in customer: the bay's printed code and the key to one's own wash. Pure.

A bay token proves presence: it is printed at the bay and signed with `BAY_TOKEN_KEY`. A wash token
is the only key to a wash; the database keeps its SHA-256, so a copy of the database opens nothing.
"""

import base64
import hashlib
import hmac

BAY_PREFIX = "bay1"
WASH_PREFIX = "wash1"


def make_bay_token(key: str, bay_id: str, version: int) -> str:
    """Return the signed token of a bay; a higher version revokes what was printed before."""
    return f"{BAY_PREFIX}.{version}.{_sign(key, f'{BAY_PREFIX}:{bay_id}:{version}')}"


def bay_token_matches(token: str, key: str, bay_id: str, version: int) -> bool:
    """Tell whether a token is the current one of the bay, in constant time."""
    return hmac.compare_digest(token.encode(), make_bay_token(key, bay_id, version).encode())


def make_presence_key(key: str, bay_id: str, version: int) -> str:
    """Return the key of a bay's codes, which its display gets at provisioning; a higher version revokes it."""
    return _sign(key, f"presence1:{bay_id}:{version}")


def make_wash_token(key: str, wash_id: str, purchase: str) -> str:
    """Return the token of a wash, the same for every repeat of the purchase that made it.

    So a customer whose first answer was lost in a crash gets the same token from the repeat.
    """
    return f"{WASH_PREFIX}.{_sign(key, f'{WASH_PREFIX}:{wash_id}:{purchase}')}"


def hash_purchase(bay_id: str, idempotency_key: str) -> str:
    """Return what the database keeps of a purchase: who does not know the key cannot repeat it."""
    return hashlib.sha256(f"{bay_id}:{idempotency_key}".encode()).hexdigest()


def hash_wash_token(token: str) -> str:
    """Return what the database keeps of a wash token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _sign(key: str, text: str) -> str:
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
