"""Access and refresh tokens: simplejwt's token classes with the claims of this house.

An access token names its session family (`sid`), so that ending the family ends it at once, and
the proofs behind the sign-in (`amr`: ["pwd"] or ["pwd", "otp"]; RFC 8176). A refresh token is good
for one use: the family's row knows the `jti` that is next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

SESSION_CLAIM = "sid"
PROOFS_CLAIM = "amr"
PASSWORD_PROOF = "pwd"  # noqa: S105 - the name of a proof, not a password
CODE_PROOF = "otp"


class BadRefreshToken(ValueError):
    """Not a refresh token of ours, or altered."""


class ExpiredRefreshToken(BadRefreshToken):
    """A real refresh token that came too late."""


@dataclass(frozen=True)
class Minted:
    """A fresh pair, with what the family's row must remember of the refresh token."""

    access: str
    refresh: str
    refresh_jti: str
    refresh_expires_at: datetime


@dataclass(frozen=True)
class RefreshClaims:
    """What a refresh token says."""

    session_id: str
    jti: str


def mint(*, user_id: str, session_id: str, proofs: Sequence[str]) -> Minted:
    """Return a signed pair for one step of a session family."""
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token[api_settings.USER_ID_CLAIM] = user_id
        token[SESSION_CLAIM] = session_id
    access[PROOFS_CLAIM] = list(proofs)
    return Minted(
        access=str(access),
        refresh=str(refresh),
        refresh_jti=refresh[api_settings.JTI_CLAIM],
        refresh_expires_at=datetime_from_epoch(refresh["exp"]),
    )


def read_refresh(text: str) -> RefreshClaims:
    """Check the signature, the purpose and the expiry of a refresh token.

    Raises: ExpiredRefreshToken; BadRefreshToken.
    """
    try:
        token = RefreshToken(text)  # type: ignore[arg-type]  # simplejwt types raw tokens as Token
        return RefreshClaims(session_id=token[SESSION_CLAIM], jti=token[api_settings.JTI_CLAIM])
    except ExpiredTokenError as error:
        raise ExpiredRefreshToken("The refresh token has expired.") from error
    except (TokenError, KeyError) as error:
        raise BadRefreshToken("The refresh token is not valid.") from error


def session_of(token: Any) -> str | None:
    """Return the public id of the session that an access token belongs to."""
    return token.get(SESSION_CLAIM) if token is not None else None
