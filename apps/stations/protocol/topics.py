"""Every topic of the contract: how it is built and how it is read."""

import re
from dataclasses import dataclass
from enum import StrEnum

from .errors import ProtocolError
from .ulid import is_ulid

PREFIX = "pw/v1/st"
HOST_STATE = "pw/v1/host/state"
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
CODE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?")
BAY_MAX = 99


class Kind(StrEnum):
    """What travels on a topic."""

    CONN = "conn"
    BIRTH = "birth"
    BAY_STATE = "bay_state"
    BAY_EVENT = "bay_event"
    TANK_LEVEL = "tank_level"
    ALERT = "alert"
    COMMAND = "command"
    ACK = "ack"
    EVACK = "evack"
    HOST_STATE = "host_state"


RETAINED = frozenset({Kind.CONN, Kind.BAY_STATE, Kind.TANK_LEVEL, Kind.HOST_STATE})
FROM_STATION = frozenset(
    {
        Kind.CONN,
        Kind.BIRTH,
        Kind.BAY_STATE,
        Kind.BAY_EVENT,
        Kind.TANK_LEVEL,
        Kind.ALERT,
        Kind.ACK,
    }
)


@dataclass(frozen=True)
class Topic:
    """A parsed topic; `key` is the bay's number, the tank's name or the ULID, by kind."""

    kind: Kind
    station: str = ""
    key: str = ""

    @property
    def bay(self) -> int:
        """The bay's number on a bay topic.

        Raises: ValueError on another kind.
        """
        if self.kind not in (Kind.BAY_STATE, Kind.BAY_EVENT):
            raise ValueError(f"A {self.kind} topic names no bay.")
        return int(self.key)

    @property
    def retained(self) -> bool:
        """Whether messages of this topic carry the retain flag."""
        return self.kind in RETAINED

    def __str__(self) -> str:
        if self.kind is Kind.HOST_STATE:
            return HOST_STATE
        return f"{root(self.station)}/{_TAILS[self.kind].format(self.key)}"


_TAILS = {
    Kind.CONN: "conn",
    Kind.BIRTH: "birth",
    Kind.BAY_STATE: "bay/{}/state",
    Kind.BAY_EVENT: "bay/{}/event",
    Kind.TANK_LEVEL: "tank/{}/level",
    Kind.ALERT: "alert",
    Kind.COMMAND: "cmd/{}",
    Kind.ACK: "ack/{}",
    Kind.EVACK: "evack/{}",
}


def root(station: str) -> str:
    """Return the branch of one station.

    Raises: ProtocolError when the id is not a lower-case slug of 1 to 63 signs.
    """
    if not SLUG.fullmatch(station):
        raise ProtocolError("bad_topic", "A station id is a lower-case slug.", "station")
    return f"{PREFIX}/{station}"


def every(kind: Kind, station: str) -> str:
    """Return the filter of all topics of one kind in a station's branch, for the broker's access list."""
    return f"{root(station)}/{_TAILS[kind].format('+')}"


def conn(station: str) -> str:
    """Topic of the birth and death certificate."""
    return _build(Kind.CONN, station)


def birth(station: str) -> str:
    """Topic of the inventory."""
    return _build(Kind.BIRTH, station)


def bay_state(station: str, bay: int) -> str:
    """Topic of a bay's retained state."""
    return _build(Kind.BAY_STATE, station, str(bay))


def bay_event(station: str, bay: int) -> str:
    """Topic of a bay's events."""
    return _build(Kind.BAY_EVENT, station, str(bay))


def tank_level(station: str, tank: str) -> str:
    """Topic of a tank's retained level; a tank is named by its chemical or by its number."""
    return _build(Kind.TANK_LEVEL, station, tank)


def alert(station: str) -> str:
    """Topic of the station's own alerts."""
    return _build(Kind.ALERT, station)


def command(station: str, command_id: str) -> str:
    """Topic of one signed command."""
    return _build(Kind.COMMAND, station, command_id)


def ack(station: str, command_id: str) -> str:
    """Topic of the answer to one command."""
    return _build(Kind.ACK, station, command_id)


def evack(station: str, event_id: str) -> str:
    """Topic that tells a station that one event is committed."""
    return _build(Kind.EVACK, station, event_id)


def parse(topic: str) -> Topic:
    """Read a topic.

    Raises: ProtocolError (`bad_topic`) for whatever the contract does not name.
    """
    if topic == HOST_STATE:
        return Topic(Kind.HOST_STATE)
    parts = topic.split("/")
    if len(parts) < 5 or "/".join(parts[:3]) != PREFIX or not SLUG.fullmatch(parts[3]):
        raise _refused()
    station, tail = parts[3], parts[4:]
    kind, key = _kind_of(tail)
    if not _key_fits(kind, key):
        raise _refused()
    return Topic(kind, station, key)


def _kind_of(tail: list[str]) -> tuple[Kind, str]:
    match tail:
        case ["conn" | "birth" | "alert" as word]:
            return Kind(word), ""
        case ["bay", number, "state"]:
            return Kind.BAY_STATE, number
        case ["bay", number, "event"]:
            return Kind.BAY_EVENT, number
        case ["tank", name, "level"]:
            return Kind.TANK_LEVEL, name
        case ["cmd", ulid]:
            return Kind.COMMAND, ulid
        case ["ack" | "evack" as word, ulid]:
            return Kind(word), ulid
        case _:
            raise _refused()


def _key_fits(kind: Kind, key: str) -> bool:
    if kind in (Kind.BAY_STATE, Kind.BAY_EVENT):
        return re.fullmatch(r"[1-9][0-9]?", key) is not None
    if kind is Kind.TANK_LEVEL:
        return CODE.fullmatch(key) is not None
    if kind in (Kind.COMMAND, Kind.ACK, Kind.EVACK):
        return is_ulid(key)
    return key == ""


def _build(kind: Kind, station: str, key: str = "") -> str:
    if not _key_fits(kind, key):
        raise ProtocolError("bad_topic", f"{key!r} cannot name a {kind} topic.", "key")
    return str(Topic(kind, station, key))


def _refused() -> ProtocolError:
    return ProtocolError("bad_topic", "The topic is not one of the contract's.", "topic")
