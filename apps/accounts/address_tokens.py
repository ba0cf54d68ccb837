"""The tokens that mails carry: signed, expiring, for one purpose and one use. Pure.

Nothing of a token is stored. Single use comes from what is signed into it: the state that using it
changes (the address that is still unverified, the fingerprint of the password that it replaces).
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

VERIFY_ADDRESS_LIFETIME = timedelta(days=3)
RESET_PASSWORD_LIFETIME = timedelta(hours=1)
_VERIFY_SALT = "petwash.accounts.verify-address"
_RESET_SALT = "petwash.accounts.reset-password"


class BadToken(ValueError):
    """Not a token of ours, of another purpose, or altered."""


class ExpiredToken(BadToken):
    """A real token that came too late."""


@dataclass(frozen=True)
class AddressToken:
    """What a verification token says: this person reads mail at this address."""

    user_id: str
    email: str


@dataclass(frozen=True)
class ResetToken:
    """What a reset token says: this person may replace the password with this fingerprint."""

    user_id: str
    fingerprint: str


def make_address_token(user_id: str, email: str) -> str:
    """Return a token that proves that its bearer reads mail at the address."""
    return signing.dumps({"u": user_id, "e": email}, salt=_VERIFY_SALT)


def read_address_token(token: str) -> AddressToken:
    """Read a verification token.

    Raises: ExpiredToken after three days; BadToken.
    """
    body = _read(token, salt=_VERIFY_SALT, lifetime=VERIFY_ADDRESS_LIFETIME)
    return AddressToken(user_id=body["u"], email=body["e"])


def make_reset_token(user_id: str, password_hash: str) -> str:
    """Return a token that may replace this very password, and no later one."""
    return signing.dumps({"u": user_id, "p": password_fingerprint(password_hash)}, salt=_RESET_SALT)


def read_reset_token(token: str) -> ResetToken:
    """Read a reset token.

    Raises: ExpiredToken after one hour; BadToken.
    """
    body = _read(token, salt=_RESET_SALT, lifetime=RESET_PASSWORD_LIFETIME)
    return ResetToken(user_id=body["u"], fingerprint=body["p"])


def password_fingerprint(password_hash: str) -> str:
    """Return what changes whenever the password does, without telling anything about it."""
    return salted_hmac(_RESET_SALT, password_hash, algorithm="sha256").hexdigest()[:32]


def same_fingerprint(password_hash: str, fingerprint: str) -> bool:
    """Tell whether the password is still the one that the token was made for."""
    return constant_time_compare(password_fingerprint(password_hash), fingerprint)


def _read(token: str, *, salt: str, lifetime: timedelta) -> dict[str, str]:
    try:
        body = signing.loads(token, salt=salt, max_age=lifetime)
    except signing.SignatureExpired as error:
        raise ExpiredToken("The token has expired.") from error
    except signing.BadSignature as error:
        raise BadToken("The token is not valid.") from error
    if not isinstance(body, dict):
        raise BadToken("The token is not valid.")
    return body
