"""What the accounts' use cases answer with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.accounts.models import User


@dataclass(frozen=True)
class SignedIn:
    """A finished sign-in: a token pair and whose it is."""

    access: str
    refresh: str
    user: "User"


@dataclass(frozen=True)
class SecondFactorNeeded:
    """The password was right; a code must follow within five minutes."""

    challenge: str


@dataclass(frozen=True)
class TokenPair:
    """A rotated pair; the refresh token before it is spent."""

    access: str
    refresh: str


@dataclass(frozen=True)
class Enrolment:
    """What an authenticator needs; shown once."""

    otpauth_uri: str
    secret: str
    qr_svg: str


@dataclass(frozen=True)
class EnrolledByStaff:
    """A second factor set up at the command line, ready to use."""

    otpauth_uri: str
    secret: str
    recovery_codes: list[str]
