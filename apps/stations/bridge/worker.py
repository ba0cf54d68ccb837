"""Threads of the bridge: one drains a lane into the database, one sends commands, one shows diffs."""

import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from apps.stations import hearsay, live
from apps.stations.bridge.meter import Meter
from apps.stations.flood import FloodGate
from apps.stations.gateways.mqtt import Lane, Received
from apps.stations.protocol import topics
from apps.stations.protocol.messages import Evack
from apps.stations.protocol.signing import private_key, sign
from apps.stations.services import commands, flood, intake
from apps.stations.services.intake import Raw
from apps.stations.shards import Shard

log = structlog.get_logger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
BATCH_LIMIT = 1_000
BATCH_SECONDS = 0.1
MONEY_BATCH_SECONDS = 0.005
"""Somebody waits for these words, and what has gathered meanwhile is taken together anyway."""
MONEY_SHARE = 0.1
"""Each of these words is a row for ever, and even a station of 99 bays says fewer than two events a second."""
DIFF_SECONDS = 0.25
DIFF_PAUSE_SECONDS = 0.05
DIFFS_TOGETHER = 50
"""A station whose wash has begun waits for no more than these: so many cost some ten milliseconds."""
POLL_SECONDS = 1.0
RETRY_SECONDS = 1.0
NOTE_SECONDS = 5.0
PATIENCE = 10
"""How often in a row a batch may be refused before its messages are taken one by one."""


def _now() -> float:
    """Seconds of a clock that nobody sets."""
    return time.monotonic()


class Diffs:
    """The stations that changed since they were last shown: each at once, then at most four times a second.

    Those that somebody waits for go before the others, and those that waited longest next; `DIFFS_TOGETHER` at a time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._soon = threading.Event()
        self._changed: set[str] = set()
        self._first: set[str] = set()
        self._shown_at: dict[str, float] = {}

    def add(self, slugs: set[str], *, first: bool = False) -> None:
        """Note stations that changed; `first`: somebody waits for them."""
        if slugs:
            with self._lock:
                self._changed |= slugs
                self._first |= slugs if first else set()
                self._some.set()
                if first:
                    self._soon.set()

    def wait(self, seconds: float) -> None:
        """Wait until a station has changed that was not shown since, for so long at most."""
        self._some.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Let changes gather for so long; one that somebody waits for ends it."""
        self._soon.wait(seconds)

    def due(self, now: float) -> set[str]:
        """Return those that may be shown now and note that they are; the others stay for later."""
        with self._lock:
            self._soon.clear()
            may = [slug for slug in self._changed if now >= self._shown_at.get(slug, -DIFF_SECONDS) + DIFF_SECONDS]
            may.sort(key=lambda slug: (slug not in self._first, self._shown_at.get(slug, 0.0)))
            due = set(may[:DIFFS_TOGETHER])
            self._shown_at |= dict.fromkeys(due, now)
            self._keep(self._changed - due)
        return due

    def drain(self) -> set[str]:
        """Return and forget all of them."""
        with self._lock:
            changed = self._changed
            self._keep(set())
        return changed

    def _keep(self, left: set[str]) -> None:
        self._changed = left
        self._first &= left
        if not left:
            self._some.clear()


class Worker(threading.Thread, ABC):
    """A loop that outlives the database: each turn is tried again until it works or we stop."""

    def __init__(self, name: str, stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._stopping = stopping
        self.healthy = True

    def run(self) -> None:
        """Turn until told to stop; whatever goes wrong is logged and survived."""
        try:
            while not self._stopping.is_set():
                self.attempt(self.turn)
            self.attempt(self.finish)
        finally:
            connection.close()

    @abstractmethod
    def turn(self) -> None:
        """Do one round; blocks for a second at most."""

    def finish(self) -> None:
        """Do what is left when stopping."""

    def attempt(self, step: Callable[[], None]) -> bool:
        """Run a step; False when it failed, after a pause."""
        try:
            step()
        except DATABASE_AWAY as error:
            self._fail("bridge.database_away", error)
            return False
        except Exception as error:
            self._fail("bridge.turn_failed", error)
            return False
        self.healthy = True
        return True

    def _fail(self, event: str, error: Exception) -> None:
        self.healthy = False
        log.warning(event, thread=self.name, error=type(error).__name__)
        connection.close()
        self._stopping.wait(RETRY_SECONDS)


class LaneWorker(Worker):
    """Takes batches from one lane; acknowledges and evacks after the commit, never before."""

    def __init__(
        self,
        lane: Lane,
        out: Lane,
        diffs: Diffs,
        stopping: threading.Event,
        *,
        within: float = BATCH_SECONDS,
        share: float = 1.0,
    ) -> None:
        """`within`: seconds that a batch gathers; `share`: what part of a station's messages a second it may bring."""
        super().__init__(f"lane:{lane.name}", stopping)
        self._lane, self._out, self._diffs, self._within = lane, out, diffs, within
        self._is_money = lane is out
        self._gate: FloodGate[Received] = FloodGate(
            rate=settings.STATION_MESSAGES_PER_SECOND * share, burst=settings.STATION_MESSAGES_BURST
        )
        self._over: Counter[str] = Counter()
        self._noted_at = -NOTE_SECONDS
        self.meter = Meter()
        self._held: Sequence[Received] = ()
        self._refusals = 0

    def turn(self) -> None:
        """Take the next batch, or the one that the database did not take."""
        self._held = self._held or self._next()
        if self._held:
            try:
                self._settle(self._held)
            except DATABASE_AWAY:
                self._refusals += 1
                raise
            self._held, self._refusals = (), 0
        self._note()

    def finish(self) -> None:
        """Tell what was counted last."""
        self._noted_at = -NOTE_SECONDS
        self._note()

    def _next(self) -> Sequence[Received]:
        """Return what is to be taken of the lane's next messages; what nobody needs is acknowledged."""
        heard = hearsay.sort(self._lane.take(BATCH_LIMIT, self._within))
        self._lane.ack(heard.rest)
        self.meter.ignore(heard.reasons)
        for topic in heard.to_clear:
            self._out.publish(topic, b"", retain=True)
        sifted = self._gate.sift(heard.words, _now())
        self._lane.ack(sifted.skipped)
        self._over += sifted.over
        return sifted.passed

    def _note(self) -> None:
        """Write down every few seconds which stations say too much."""
        if _now() < self._noted_at + NOTE_SECONDS:
            return
        self._over += flood.letters.unkept()
        for station in sorted(self._over):
            flood.note(station, self._over[station])
            del self._over[station]
        self._noted_at = _now()

    def _settle(self, batch: Sequence[Received]) -> None:
        take = intake.take_batch if self._refusals < PATIENCE else intake.take_one_by_one
        outcome = take([Raw(message.topic, message.payload, message.retained) for message in batch])
        self._lane.ack(batch)
        for station, event_id in outcome.evacks:
            self._out.publish(topics.evack(station, event_id), Evack().to_json())
        self._diffs.add(outcome.changed, first=self._is_money)
        self.meter.note(len(batch), time.monotonic() - batch[-1].at, outcome.reasons)

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or in hand."""
        return not self._held and not self._lane.waiting and not self._gate.waiting

    def figures(self) -> dict[str, Any]:
        """Return what monitoring wants to know of the lane."""
        oldest = max(self._lane.oldest_wait, time.monotonic() - self._held[0].at if self._held else 0.0)
        return self.meter.figures() | {
            "queue": self._lane.waiting + self._gate.waiting,
            "oldest_seconds": round(oldest, 3),
        }


class CommandWorker(Worker):
    """Signs and publishes the commands that are due; a NOTIFY or the poll wakes it."""

    def __init__(self, out: Lane, stopping: threading.Event, shard: Shard) -> None:
        super().__init__("commands", stopping)
        self._out, self._shard = out, shard
        self._key = private_key(settings.STATION_SIGNING_KEY)

    def turn(self) -> None:
        """Send what is due while the broker is there, then wait."""
        self._listen()
        if self._out.connected:
            for outgoing in commands.claim_due(shard=self._shard):
                self._out.publish(outgoing.topic, sign(outgoing.topic, outgoing.body, self._key))
        self._wait()

    def _listen(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {commands.CHANNEL}")

    def _wait(self) -> None:
        raw = connection.connection
        for _ in raw.notifies(timeout=POLL_SECONDS, stop_after=1):
            return


class DiffWorker(Worker):
    """Pushes the stations that changed to the live pages."""

    def __init__(self, diffs: Diffs, stopping: threading.Event) -> None:
        super().__init__("diffs", stopping)
        self._diffs = diffs

    def turn(self) -> None:
        """Push what may be shown, then let changes gather: the longer, the more work a push is."""
        self._diffs.wait(POLL_SECONDS)
        begun = time.monotonic()
        live.broadcast(self._diffs.due(begun))
        self._diffs.pause(max(DIFF_PAUSE_SECONDS, 2 * (time.monotonic() - begun)))

    def finish(self) -> None:
        """Push what the last batches changed."""
        live.broadcast(self._diffs.drain())
