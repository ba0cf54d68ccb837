"""Who may do what on the broker: the one rule, and the access list in Mosquitto's format that follows from it.

Pure and without Django: the service that provisions stations, the script that runs before the broker
and the embedded broker of development all use it.
"""

from collections.abc import Iterable

from . import topics
from .topics import Kind

BRIDGE = "bridge"
"""The broker user of the server itself: it alone reads and writes everything, so no station may bear this id."""
TO_STATION = frozenset({Kind.COMMAND, Kind.EVACK})
_HEADING = (
    "# Written by PetWash from the stations in service. Changes made here are lost: see apps/stations/README.md.\n"
)


def is_user(name: str) -> bool:
    """Tell whether the broker may have a user of this name: the bridge, or what could be a station's id."""
    return topics.SLUG.fullmatch(name) is not None


def may_write(station: str) -> list[str]:
    """Return the topic filters that a station writes: its own branch, and there only what it has to say."""
    return sorted(topics.every(kind, station) for kind in topics.FROM_STATION)


def may_read(station: str) -> list[str]:
    """Return the topic filters that a station reads: what is meant for it, and whether the server is there."""
    return [*sorted(topics.every(kind, station) for kind in TO_STATION), topics.HOST_STATE]


def access_list(users: Iterable[str]) -> str:
    """Return the access list of these broker users, in a stable order; who is not in it may do nothing.

    A user that is neither the bridge nor named like a station is left out.
    """
    sections = [_section(user) for user in sorted(set(users)) if is_user(user)]
    return "\n".join([_HEADING, *sections])


def _section(user: str) -> str:
    if user == BRIDGE:
        lines = ["topic readwrite #"]
    else:
        lines = [f"topic write {name}" for name in may_write(user)]
        lines += [f"topic read {name}" for name in may_read(user)]
    return "\n".join([f"user {user}", *lines]) + "\n"
