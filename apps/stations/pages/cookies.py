"""The one thing that a customer's phone keeps: the key of the purchase, made before the first try.

The wash is found by the hash of this key and its token follows from the two, so a lost answer, a reload or a
closed page never loses a wash, with or without JavaScript. The cookie is HttpOnly and belongs to one bay's
path: no script reads it, no other bay and no other page gets it. `before` is the last try of the same
customer at the same bay when it took no money: it tells why.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse

NAME = "petwash_wash"
KEPT = timedelta(days=2)
MOVING = "petwash_move"
MOVING_KEPT = timedelta(minutes=5)
_MOVING = re.compile(r"(?P<bay>[A-Za-z0-9_-]{22})\.(?P<key>[A-Za-z0-9_-]{32,64})")
_VALUE = re.compile(r"(?P<key>[A-Za-z0-9_-]{32,64})(?:\.(?P<before>[A-Za-z0-9_-]{32,64}))?")


@dataclass(frozen=True)
class Purchase:
    """The idempotency key of this try, and of the one before it."""

    key: str
    before: str = ""

    @classmethod
    def begin(cls, before: str = "") -> "Purchase":
        """Return a new try."""
        return cls(secrets.token_urlsafe(32), before)


def read(request: HttpRequest) -> Purchase | None:
    """Return what the phone kept; None for nothing or something that we did not write."""
    found = _VALUE.fullmatch(request.COOKIES.get(NAME, ""))
    return Purchase(found["key"], found["before"] or "") if found else None


def keep(response: HttpResponse, purchase: Purchase, *, path: str, secure: bool) -> None:
    """Let the phone keep it for that path alone."""
    value = f"{purchase.key}.{purchase.before}" if purchase.before else purchase.key
    response.set_cookie(NAME, value, max_age=KEPT, path=path, secure=secure, httponly=True, samesite="Lax")


def read_moving(request: HttpRequest) -> tuple[str, str] | None:
    """Return the short id of the bay that broke down and the key of the purchase there, if that has just been."""
    found = _MOVING.fullmatch(request.COOKIES.get(MOVING, ""))
    return (found["bay"], found["key"]) if found else None


def keep_moving(response: HttpResponse, bay: str, purchase: Purchase, *, secure: bool) -> None:
    """Let the pages of other bays know, for minutes, of the wash that was interrupted at this one."""
    value = f"{bay}.{purchase.key}"
    response.set_cookie(MOVING, value, max_age=MOVING_KEPT, path="/w/", secure=secure, httponly=True, samesite="Lax")
