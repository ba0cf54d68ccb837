"""Recovery codes: ten, single use, shown once and kept as digests. Pure.

A code carries 80 random bits, so a plain SHA-256 with the owner in it cannot be searched; a slow
hash would only buy ten slow sign-ins.
"""

import hashlib
import secrets

CODE_COUNT = 10
_GROUPS, _GROUP_LENGTH = 4, 4
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 signs; no l, no o, no 0, no 1
_LENGTH = _GROUPS * _GROUP_LENGTH


def new_codes() -> list[str]:
    """Return ten fresh codes such as `k7dm-2qxz-p94c-wn3h`."""
    return [_new_code() for _ in range(CODE_COUNT)]


def looks_like_code(text: str) -> bool:
    """Tell a recovery code from the six digits of an authenticator."""
    return len(normalise(text)) == _LENGTH


def normalise(text: str) -> str:
    """Return the code as it is digested: without dashes, blanks and capitals."""
    return "".join(sign for sign in text.lower() if sign.isalnum())


def digest(owner: str, code: str) -> str:
    """Return what is stored of a code; the owner's id keeps equal codes of two people apart."""
    return hashlib.sha256(f"{owner}:{normalise(code)}".encode()).hexdigest()


def _new_code() -> str:
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return "-".join(signs[i : i + _GROUP_LENGTH] for i in range(0, _LENGTH, _GROUP_LENGTH))
