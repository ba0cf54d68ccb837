"""A batch of raw messages into the database: all of it once, poison aside, nothing half.

`take_batch` commits before it answers, so the bridge may acknowledge whatever it was given. A batch
that the database refuses as a whole is taken message by message, and only the culprit is put aside.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.stations.models import Bay, DeadLetter, Station, Tank
from apps.stations.protocol import messages, topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.topics import Kind, Topic
from apps.stations.services import batch_locks, device_words, event_rows, flood, telemetry

log = structlog.get_logger(__name__)
KEPT_BYTES = 4096
TRIES_EACH = 3
SEEN_EVERY = timedelta(seconds=5)
DATABASE_AWAY = (OperationalError, InterfaceError)
Part = TypeVar("Part", Bay, Tank)


@dataclass(frozen=True)
class Raw:
    """A message as the broker delivered it."""

    topic: str
    payload: bytes
    retained: bool = False
    """Whether the broker had it in store: nobody knows since when, nor from whom."""


Parsed = tuple[Topic, messages.Message, Raw]


@dataclass
class Outcome:
    """What the bridge does after the commit: evacks, dashboard diffs, figures."""

    evacks: list[tuple[str, str]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    taken: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Why messages were put aside, and how many."""

    @property
    def dead(self) -> int:
        """How many messages were put aside."""
        return self.reasons.total()

    def add(self, other: "Outcome") -> None:
        """Join the outcome of another part of the batch."""
        self.evacks += other.evacks
        self.changed |= other.changed
        self.taken += other.taken
        self.reasons += other.reasons


def take_batch(batch: Sequence[Raw]) -> Outcome:
    """Take every message of the batch, in order.

    Raises: OperationalError or InterfaceError when the database is away; nothing was taken then.
    """
    try:
        return _take(batch)
    except DATABASE_AWAY:
        raise
    except Exception as error:  # whatever it is, it must not stop the messages behind it
        if len(batch) == 1:
            return _put_aside(batch[0], error)
    outcome = Outcome()
    for raw in batch:
        outcome.add(take_batch([raw]))
    return outcome


def take_one_by_one(batch: Sequence[Raw]) -> Outcome:
    """Take a batch that the database has refused again and again, although it may well be there.

    What it refuses three times while it answers other questions is put aside: not every
    OperationalError says that the database is away, and one message must not hold up a lane for ever.

    Raises: OperationalError or InterfaceError when it is away; the whole batch may be given again.
    """
    outcome = Outcome()
    for raw in batch:
        outcome.add(_take_or_put_aside(raw))
    return outcome


def _take_or_put_aside(raw: Raw) -> Outcome:
    refusal: Exception | None = None
    for _ in range(TRIES_EACH):
        try:
            return take_batch([raw])
        except DATABASE_AWAY as error:
            refusal = error
            _demand_database()
    assert refusal is not None
    return _put_aside(raw, refusal)


def _demand_database() -> None:
    """Raises: OperationalError or InterfaceError when the database is away."""
    if not connection.is_usable():
        connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


class _Site:
    """The stations, bays and tanks that a batch names, read with one query each."""

    def __init__(self, parsed: Sequence[Parsed]) -> None:
        slugs = {topic.station for topic, _, _ in parsed}
        of_tanks = {topic.station for topic, _, _ in parsed if topic.kind is Kind.TANK_LEVEL}
        of_bays = {topic.station for topic, _, _ in parsed if topic.kind in (Kind.BAY_STATE, Kind.BAY_EVENT)}
        self.stations = {s.slug: s for s in Station.objects.filter(slug__in=slugs)}
        self._bays = {(bay.station.slug, bay.number): bay for bay in self._parts(Bay.objects.all(), of_bays)}
        self._tanks = {(tank.station.slug, tank.chemical): tank for tank in self._parts(Tank.objects.all(), of_tanks)}

    def _parts(self, every: QuerySet[Part], slugs: set[str]) -> Iterator[Part]:
        """Yield the parts of these stations; those of one station share one object of it."""
        owners = {s.pk: s for slug, s in self.stations.items() if slug in slugs}
        for part in every.filter(station__in=owners) if owners else ():
            part.station = owners[part.station_id]
            yield part

    def station(self, slug: str) -> Station:
        """Return a station that is in service."""
        station = self.stations.get(slug)
        if station is None or station.revoked_at is not None:
            raise ProtocolError("unknown_station", "No station of this id is in service.")
        return station

    def known_bay(self, topic: Topic) -> Bay | None:
        """Return the bay that a topic names, if it names one of ours."""
        names_one = topic.kind in (Kind.BAY_STATE, Kind.BAY_EVENT)
        return self._bays.get((topic.station, topic.bay)) if names_one else None

    def bay(self, topic: Topic) -> Bay:
        """Return the bay of a topic."""
        bay = self.known_bay(topic)
        if bay is None:
            raise ProtocolError("unknown_bay", f"The station has no bay {topic.bay}.")
        return bay

    def tank(self, station: str, chemical: str) -> Tank:
        """Return the tank of a chemical."""
        tank = self._tanks.get((station, chemical))
        if tank is None:
            raise ProtocolError("unknown_tank", f"The station has no tank of {chemical}.")
        return tank


def _take(batch: Sequence[Raw]) -> Outcome:
    with transaction.atomic(durable=True):
        outcome, site = _take_open(batch)
    _note_seen(site.stations.values())
    return outcome


def take_again(raw: Raw) -> Outcome:
    """Take one message as any other, inside the caller's transaction; the caller rolls back what is dead again."""
    require_transaction()
    return _take_open([raw])[0]


def _take_open(batch: Sequence[Raw]) -> tuple[Outcome, _Site]:
    outcome = Outcome()
    parsed: list[Parsed] = []
    for raw in batch:
        try:
            topic = topics.parse(raw.topic)
            parsed.append((topic, messages.parse_message(topic, raw.payload), raw))
        except ProtocolError as error:
            outcome.add(_dead(raw, error.reason, str(error)))
    site = _Site(parsed)
    batch_locks.lock_rows((topic.station, site.known_bay(topic), message) for topic, message, _ in parsed)
    _apply(parsed, site, outcome)
    return outcome, site


def _apply(parsed: Sequence[Parsed], site: _Site, outcome: Outcome) -> None:
    states: list[telemetry.BayReport] = []
    levels: list[telemetry.TankReport] = []
    written = _write_events(parsed, site)
    for topic, message, raw in parsed:
        try:
            station = site.station(topic.station)
            if isinstance(message, messages.BayState):
                states.append(telemetry.BayReport(site.bay(topic), message))
            elif isinstance(message, messages.TankLevel):
                tank = site.tank(topic.station, message.chemical)
                levels.append(telemetry.TankReport(tank, message))
            elif _take_word(topic, message, station, site, written, retained=raw.retained):
                outcome.changed.add(station.slug)
            outcome.taken += 1
        except ProtocolError as error:
            outcome.add(_dead(raw, error.reason, str(error)))
            continue
        if isinstance(message, messages.BayEvent | messages.Alert):
            outcome.evacks.append((topic.station, message.event_id))
    outcome.changed |= telemetry.take_bay_states([*states, *written.begun])
    outcome.changed |= telemetry.take_tank_levels(levels)


def _write_events(parsed: Sequence[Parsed], site: _Site) -> event_rows.Written:
    """Write all events of the batch at once; what each does follows when its turn comes."""
    reports = []
    for topic, message, _ in parsed:
        if isinstance(message, messages.BayEvent):
            with suppress(ProtocolError):  # said of the message itself, in its turn
                site.station(topic.station)
                reports.append(event_rows.EventReport(site.bay(topic), message))
    return event_rows.write_new(reports)


def _take_word(
    topic: Topic,
    message: messages.Message,
    station: Station,
    site: _Site,
    written: event_rows.Written,
    *,
    retained: bool,
) -> bool:
    """Pass a message that is not telemetry on; True when the public picture may have changed."""
    match message:
        case messages.Conn():
            return device_words.take_conn(station, message, retained=retained)
        case messages.Birth():
            return device_words.take_birth(station, message)
        case messages.BayEvent():
            return device_words.take_event(event_rows.EventReport(site.bay(topic), message), written)
        case messages.Ack():
            return device_words.take_ack(station, message)
        case messages.Alert():
            return device_words.take_alert(station, message)
    raise ProtocolError("not_for_server", f"A {topic.kind} message is not for the server.")


def _put_aside(raw: Raw, error: Exception) -> Outcome:
    log.error("stations.message_refused", topic=raw.topic, error=type(error).__name__)
    with transaction.atomic(durable=True):
        return _dead(raw, type(error).__name__, "It could not be taken.")


def _dead(raw: Raw, reason: str, sentence: str) -> Outcome:
    """Keep the message with its reason, unless its station sends too many; evack it where its event id can be read."""
    outcome = Outcome(reasons=Counter([reason]))
    event_id = messages.readable_event_id(raw.payload)
    topic = _evacked(raw.topic)
    if event_id and topic:
        outcome.evacks.append((topic.station, event_id))
    if flood.letters.keep(raw.topic, event=bool(event_id and topic and topic.kind is Kind.BAY_EVENT)):
        _write_letter(raw, f"{reason}: {sentence}")
    return outcome


def _write_letter(raw: Raw, reason: str) -> None:
    kept = raw.payload[:KEPT_BYTES].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    DeadLetter.objects.create(
        topic=raw.topic.replace("\x00", "")[:200],
        payload=kept,
        reason=reason[:300],
        received_at=real_now(),
    )


def _evacked(topic: str) -> Topic | None:
    try:
        parsed = topics.parse(topic)
    except ProtocolError:
        return None
    return parsed if parsed.kind in (Kind.BAY_EVENT, Kind.ALERT) else None


def _note_seen(stations: Iterable[Station]) -> None:
    """Remember when a station was last heard, at most every few seconds, out of the big lock.

    A station that the other lane has locked is left to it: waiting for several rows, in an order of
    its own, is how two lanes lock each other out.
    """
    now = real_now()
    long_ago = now - SEEN_EVERY
    stale = [s.pk for s in stations if s.last_seen_at is None or s.last_seen_at < long_ago]
    if not stale:
        return
    with transaction.atomic(durable=True):
        free = Station.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=stale)
        Station.objects.filter(pk__in=list(free.values_list("pk", flat=True))).update(last_seen_at=now)
