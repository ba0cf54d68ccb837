"""Every message of the contract as a frozen dataclass: `parse` is strict, `to_json` writes it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Self, TypeVar

from .errors import ProtocolError
from .fields import (
    INT4_MAX,
    ML_MAX,
    OPAQUE,
    SAFE_MAX,
    SECONDS_MAX,
    Fields,
    load_object,
)
from .message import Message as Message
from .topics import BAY_MAX, CODE, Kind, Topic
from .words import AckResult as AckResult
from .words import BayStatus as BayStatus
from .words import CommandType as CommandType
from .words import EventType as EventType
from .words import Severity as Severity

FIRMWARE = re.compile(r"[A-Za-z0-9._+-]{1,64}")
TANKS_MAX = 16
Row = TypeVar("Row")


@dataclass(frozen=True)
class Conn(Message):
    """Birth and death certificate; the death of an older boot is ignored."""

    online: bool
    epoch: str
    boot: int
    fw: str
    ts: datetime

    @classmethod
    def _read(cls, data: Fields) -> Self:
        return cls(
            online=data.flag("online"),
            epoch=data.text("epoch", OPAQUE),
            boot=data.integer("boot", 0, INT4_MAX),
            fw=data.text("fw", FIRMWARE),
            ts=data.instant("ts"),
        )


@dataclass(frozen=True)
class BirthBay:
    """A bay of the inventory."""

    bay: int
    state: BayStatus


@dataclass(frozen=True)
class BirthTank:
    """A tank of the inventory, in millilitres."""

    chemical: str
    capacity_ml: int


@dataclass(frozen=True)
class BirthSession:
    """A wash that the station still holds open."""

    wash: str
    bay: int
    seconds_left: int


@dataclass(frozen=True)
class Birth(Message):
    """The inventory that a station sends on each connect and on `rebirth`."""

    epoch: str
    boot: int
    fw: str
    bays: tuple[BirthBay, ...]
    tanks: tuple[BirthTank, ...]
    sessions: tuple[BirthSession, ...]
    ts: datetime

    @classmethod
    def _read(cls, data: Fields) -> Self:
        return cls(
            epoch=data.text("epoch", OPAQUE),
            boot=data.integer("boot", 0, INT4_MAX),
            fw=data.text("fw", FIRMWARE),
            bays=tuple(_read_all(data.objects("bays", BAY_MAX), _birth_bay)),
            tanks=tuple(_read_all(data.objects("tanks", TANKS_MAX), _birth_tank)),
            sessions=tuple(_read_all(data.objects("sessions", BAY_MAX), _birth_session)),
            ts=data.instant("ts"),
        )


@dataclass(frozen=True)
class BayState(Message):
    """A bay's retained state; it counts only when `(boot, seq)` is newer than what is known."""

    state: BayStatus
    wash: str | None
    seconds_left: int
    fault: str | None
    boot: int
    seq: int
    ts: datetime

    @classmethod
    def _read(cls, data: Fields) -> Self:
        state = cls(
            state=data.choice("state", BayStatus),
            wash=data.optional_text("wash", OPAQUE),
            seconds_left=data.integer("seconds_left", 0, SECONDS_MAX),
            fault=data.optional_text("fault", CODE),
            boot=data.integer("boot", 0, INT4_MAX),
            seq=data.integer("seq", 0, SAFE_MAX),
            ts=data.instant("ts"),
        )
        if state.state in (BayStatus.RUNNING, BayStatus.PAUSED) and state.wash is None:
            raise ProtocolError("bad_value", f"A {state.state} bay names its wash.", "wash")
        if state.state is BayStatus.FAULT and state.fault is None:
            raise ProtocolError("bad_value", "A bay in fault names the fault.", "fault")
        return state


@dataclass(frozen=True)
class TankLevel(Message):
    """A tank's retained level, in millilitres."""

    chemical: str
    level_ml: int
    capacity_ml: int
    boot: int
    seq: int
    ts: datetime

    @classmethod
    def _read(cls, data: Fields) -> Self:
        level = cls(
            chemical=data.text("chemical", CODE),
            level_ml=data.integer("level_ml", 0, ML_MAX),
            capacity_ml=data.integer("capacity_ml", 1, ML_MAX),
            boot=data.integer("boot", 0, INT4_MAX),
            seq=data.integer("seq", 0, SAFE_MAX),
            ts=data.instant("ts"),
        )
        if level.level_ml > level.capacity_ml:
            raise ProtocolError("out_of_range", "level_ml is above capacity_ml.", "level_ml")
        return level


@dataclass(frozen=True)
class BayEvent(Message):
    """What happened to a wash; kept in flash until evacked. `offline` marks history.

    `total_seconds` is the new total of a `topped_up`, and stands in no other event.
    """

    OMITTED_WHEN_NULL: ClassVar[frozenset[str]] = frozenset({"total_seconds"})

    event_id: str
    wash: str | None
    type: EventType
    seconds_used: int
    ml_used: dict[str, int] = field(hash=False)
    offline: bool
    boot: int
    seq: int
    ts: datetime
    total_seconds: int | None = None

    @classmethod
    def _read(cls, data: Fields) -> Self:
        kind = data.choice("type", EventType)
        event = cls(
            event_id=data.ulid("event_id"),
            wash=data.optional_text("wash", OPAQUE),
            type=kind,
            seconds_used=data.integer("seconds_used", 0, SECONDS_MAX),
            ml_used=data.chemicals("ml_used"),
            offline=data.flag("offline"),
            boot=data.integer("boot", 0, INT4_MAX),
            seq=data.integer("seq", 0, SAFE_MAX),
            ts=data.instant("ts"),
            total_seconds=data.integer("total_seconds", 1, SECONDS_MAX) if kind is EventType.TOPPED_UP else None,
        )
        if event.wash is None and event.type is not EventType.FAULT:
            raise ProtocolError("bad_value", f"A {event.type} event names its wash.", "wash")
        return event


@dataclass(frozen=True)
class Alert(Message):
    """A station's own alert: about a chemical with its level in percent, or about a component."""

    OMITTED_WHEN_NULL: ClassVar[frozenset[str]] = frozenset({"chemical", "component", "level_pct"})

    event_id: str
    severity: Severity
    ts: datetime
    chemical: str | None = None
    component: str | None = None
    level_pct: int | None = None

    @classmethod
    def _read(cls, data: Fields) -> Self:
        chemical = component = None
        if data.has("chemical"):
            chemical = data.text("chemical", CODE)
            data.drop_null("component")
        else:
            data.drop_null("chemical")
            component = data.text("component", CODE)
        level = chemical is not None or data.has("level_pct")
        percent = data.integer("level_pct", 0, 100) if level else None
        data.drop_null("level_pct")
        return cls(
            event_id=data.ulid("event_id"),
            severity=data.choice("severity", Severity),
            ts=data.instant("ts"),
            chemical=chemical,
            component=component,
            level_pct=percent,
        )


@dataclass(frozen=True)
class Ack(Message):
    """The answer to one command; `accepted` is not a start."""

    id: str
    result: AckResult
    reason: str | None
    ts: datetime

    @classmethod
    def _read(cls, data: Fields) -> Self:
        return cls(
            id=data.ulid("id"),
            result=data.choice("result", AckResult),
            reason=data.optional_text("reason", CODE),
            ts=data.instant("ts"),
        )


@dataclass(frozen=True)
class HostState(Message):
    """Whether the server is there: no host, a station takes no money."""

    online: bool
    ts: datetime

    @classmethod
    def _read(cls, data: Fields) -> Self:
        return cls(online=data.flag("online"), ts=data.instant("ts"))


@dataclass(frozen=True)
class Evack(Message):
    """The server committed the event that the topic names."""

    @classmethod
    def _read(cls, data: Fields) -> Self:
        return cls()


@dataclass(frozen=True)
class Command(Message):
    """What the server asks for; all eight fields are always there, null where they say nothing."""

    id: str
    type: CommandType
    bay: int | None
    wash: str | None
    total_seconds: int | None
    program: str | None
    expires_at: datetime
    nonce: str

    @classmethod
    def _read(cls, data: Fields) -> Self:
        kind = data.choice("type", CommandType)
        return cls(
            id=data.ulid("id"),
            type=kind,
            bay=_needed_int(data, "bay", kind, BAY_MAX),
            wash=_needed_text(data, "wash", kind),
            total_seconds=_needed_int(data, "total_seconds", kind, SECONDS_MAX),
            program=(data.text("program", CODE) if "program" in _NEEDS[kind] else data.optional_text("program", CODE)),
            expires_at=data.instant("expires_at"),
            nonce=data.text("nonce", OPAQUE),
        )


_NEEDS: dict[CommandType, frozenset[str]] = {
    CommandType.START: frozenset({"bay", "wash", "total_seconds", "program"}),
    CommandType.TOP_UP: frozenset({"bay", "wash", "total_seconds"}),
    CommandType.CANCEL: frozenset({"bay", "wash"}),
    CommandType.STOP: frozenset({"bay", "wash"}),
    CommandType.RESUME: frozenset({"bay", "wash"}),
    CommandType.IDENTIFY: frozenset({"bay"}),
    CommandType.REBIRTH: frozenset(),
}
_CLASSES: dict[Kind, type[Message]] = {
    Kind.CONN: Conn,
    Kind.BIRTH: Birth,
    Kind.BAY_STATE: BayState,
    Kind.BAY_EVENT: BayEvent,
    Kind.TANK_LEVEL: TankLevel,
    Kind.ALERT: Alert,
    Kind.COMMAND: Command,
    Kind.ACK: Ack,
    Kind.EVACK: Evack,
    Kind.HOST_STATE: HostState,
}


def parse_message(topic: Topic, payload: bytes) -> Message:
    """Read the payload of a topic; a command's is the body that `signing.verify` returned.

    Raises: ProtocolError; `id_mismatch` when an id in the payload contradicts the topic.
    """
    message = _CLASSES[topic.kind].parse(payload)
    if isinstance(message, Ack | Command) and message.id != topic.key:
        raise ProtocolError("id_mismatch", "The id is not the one in the topic.", "id")
    if isinstance(message, TankLevel) and not topic.key.isdigit():
        _same_chemical(message, topic)
    return message


def readable_event_id(payload: bytes) -> str | None:
    """Return the `event_id` of a message that may be refused, so that it can still be evacked."""
    try:
        return Fields(load_object(payload)).ulid("event_id")
    except ProtocolError:
        return None


def _same_chemical(message: TankLevel, topic: Topic) -> None:
    if message.chemical != topic.key:
        raise ProtocolError("id_mismatch", "The chemical is not the topic's tank.", "chemical")


def _needed_int(data: Fields, name: str, kind: CommandType, high: int) -> int | None:
    if name in _NEEDS[kind]:
        return data.integer(name, 1, high)
    _stand_null(data, name)
    return None


def _needed_text(data: Fields, name: str, kind: CommandType) -> str | None:
    if name in _NEEDS[kind]:
        return data.text(name, OPAQUE)
    _stand_null(data, name)
    return None


def _stand_null(data: Fields, name: str) -> None:
    """Read a field that must stand there as null."""
    if not data.present(name):
        raise ProtocolError("missing_field", f"{name} is missing.", name)
    data.drop_null(name)


def _birth_bay(item: Fields) -> BirthBay:
    return BirthBay(bay=item.integer("bay", 1, BAY_MAX), state=item.choice("state", BayStatus))


def _birth_tank(item: Fields) -> BirthTank:
    return BirthTank(
        chemical=item.text("chemical", CODE),
        capacity_ml=item.integer("capacity_ml", 1, ML_MAX),
    )


def _birth_session(item: Fields) -> BirthSession:
    return BirthSession(
        wash=item.text("wash", OPAQUE),
        bay=item.integer("bay", 1, BAY_MAX),
        seconds_left=item.integer("seconds_left", 0, SECONDS_MAX),
    )


def _read_all(items: list[Fields], read: Callable[[Fields], Row]) -> list[Row]:
    rows = []
    for item in items:
        rows.append(read(item))
        item.done()
    return rows
