"""How often a secret may be guessed, and for how long a guesser waits. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limit:
    """After `attempts` within `window` the key is locked for `lockout`."""

    scope: str
    attempts: int
    window: timedelta
    lockout: timedelta

    def key(self, *parts: object) -> "LimitKey":
        """Return the key of what is guessed at, by whom."""
        text = "\x1f".join(str(part).strip().lower() for part in parts)
        return LimitKey(limit=self, digest=hashlib.sha256(text.encode()).hexdigest())


@dataclass(frozen=True)
class LimitKey:
    """A limit on one thing; a digest, so that the table holds neither addresses nor people."""

    limit: Limit
    digest: str


_QUARTER = timedelta(minutes=15)

# Five guesses are enough for a person and too few for a dictionary: at most 480 a day.
PASSWORD_BY_ADDRESS_AND_ACCOUNT = Limit("password", 5, _QUARTER, _QUARTER)
# One address that tries many accounts; wide, for an office behind one address.
PASSWORD_BY_ADDRESS = Limit("password-address", 100, _QUARTER, _QUARTER)
# The second factor is counted by account alone: who gets here knows the password, and a code has
# only a million values, so neither a new challenge nor a new address may buy new guesses.
CODE_BY_ACCOUNT = Limit("code", 5, _QUARTER, _QUARTER)
# The password that a signed-in person repeats for a sensitive change.
PASSWORD_BY_ACCOUNT = Limit("password-again", 5, _QUARTER, _QUARTER)
# Mails that a stranger can cause at one address.
MAIL_BY_ADDRESSEE = Limit("mail", 6, timedelta(hours=1), timedelta(hours=1))
