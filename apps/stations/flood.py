"""One station that floods must not delay the others nor fill the database. Pure; time is given.

Each station has a bucket of tokens for each lane. What fits passes as it comes. Beyond that

- of telemetry, and of what a station says of itself, the newest of each topic waits; what it replaces
  is skipped, for nobody needs it any more;
- words that count one by one (events, alerts, answers to commands) wait in their order. Where too much
  waits already, a new one is skipped: it has not been evacked, so the station keeps and repeats it, and
  a command without an answer is sent again. Whether the station is connected waits even then: the broker
  says that once.

What is skipped may be acknowledged to the broker at once, what waits only after it has passed and is
committed. So a crash loses nothing: the broker delivers again what waited.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from apps.stations.protocol import topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.topics import Kind

WAITING_OF_ONE = 1_000
WAITING_IN_ALL = 2_500  # half of what the broker sends ahead (limits.conf): the others need the rest
_ONE_BY_ONE = frozenset({Kind.BAY_EVENT, Kind.ALERT, Kind.ACK})


class Spoken(Protocol):
    """A message as it came."""

    @property
    def topic(self) -> str:
        """Where it was said."""

    @property
    def payload(self) -> bytes:
        """What was said."""


S = TypeVar("S", bound=Spoken)


@dataclass
class Bucket:
    """Tokens that come back at a rate, up to a number."""

    rate: float
    burst: int
    tokens: float
    at: float

    def refill(self, now: float) -> None:
        """Add what came back since the last look; a clock that went back adds nothing."""
        self.tokens = min(self.tokens + max(now - self.at, 0) * self.rate, self.burst)
        self.at = now

    def take(self, count: int = 1) -> bool:
        """Take so many tokens, or none."""
        if count > self.tokens:
            return False
        self.tokens -= count
        return True


@dataclass
class Sifted(Generic[S]):
    """What to take now, what to forget, and how many messages of each station came over its limit."""

    passed: list[S] = field(default_factory=list)
    skipped: list[S] = field(default_factory=list)
    over: Counter[str] = field(default_factory=Counter)


@dataclass
class _Desk(Generic[S]):
    """One station: its tokens, and what waits for them in order."""

    bucket: Bucket
    waiting: dict[tuple[str, bytes], S] = field(default_factory=dict)


class FloodGate(Generic[S]):
    """Sifts the batches of one lane; for one thread."""

    def __init__(self, *, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._desks: dict[str, _Desk[S]] = {}
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many messages wait for their turn."""
        return self._waiting

    def sift(self, batch: Sequence[S], now: float) -> Sifted[S]:
        """Return what of the batch, and of what waited, is taken at `now` (seconds of a steady clock)."""
        sifted: Sifted[S] = Sifted()
        for station, said in _by_station(batch).items():
            desk = self._desk(station, now)
            if not desk.waiting and desk.bucket.take(len(said)):
                sifted.passed += said
                continue
            sifted.over[station] += len(said) - min(len(said), int(desk.bucket.tokens))
            for message in said:
                self._let_wait(desk, message, sifted)
        for desk in [desk for desk in self._desks.values() if desk.waiting]:
            desk.bucket.refill(now)
            self._release(desk, sifted)
        return sifted

    def _desk(self, station: str, now: float) -> _Desk[S]:
        desk = self._desks.get(station)
        if desk is None:
            desk = self._desks[station] = _Desk(Bucket(self._rate, self._burst, self._burst, now))
        desk.bucket.refill(now)
        return desk

    def _let_wait(self, desk: _Desk[S], message: S, sifted: Sifted[S]) -> None:
        kind = _kind(message)
        key = (message.topic, message.payload if kind in _ONE_BY_ONE else b"")
        known = desk.waiting.get(key)
        if known is not None:
            sifted.skipped.append(known)
        elif kind is not Kind.CONN and (len(desk.waiting) >= WAITING_OF_ONE or self._waiting >= WAITING_IN_ALL):
            sifted.skipped.append(message)
            return
        else:
            self._waiting += 1
        desk.waiting[key] = message

    def _release(self, desk: _Desk[S], sifted: Sifted[S]) -> None:
        while desk.waiting and desk.bucket.take():
            sifted.passed.append(desk.waiting.pop(next(iter(desk.waiting))))
            self._waiting -= 1


class Quotas:
    """So many of something for each station, then so many a second."""

    def __init__(self, *, rate: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._buckets: dict[str, Bucket] = {}

    def take(self, station: str) -> bool:
        """Tell whether the station may have one more."""
        now = self._clock()
        bucket = self._buckets.setdefault(station, Bucket(self._rate, self._burst, self._burst, now))
        bucket.refill(now)
        return bucket.take()


def station_of(topic: str) -> str:
    """Return the station in whose branch the topic lies, however poisoned the rest; empty for none."""
    parts = topic.split("/", 4)
    return parts[3] if len(parts) == 5 and "/".join(parts[:3]) == topics.PREFIX else ""


def _by_station(batch: Iterable[S]) -> dict[str, list[S]]:
    said: dict[str, list[S]] = {}
    for message in batch:
        said.setdefault(station_of(message.topic), []).append(message)
    return said


def _kind(message: Spoken) -> Kind | None:
    try:
        return topics.parse(message.topic).kind
    except ProtocolError:
        return None
