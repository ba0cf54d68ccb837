"""Who carries which station: follows new and revoked stations, and the bridge's division when it changes.

A change of the number of shards loses nothing because nothing is let go before somebody else has it: a
shard drops what is not its own only when every shard of its division beats, which it does once it listens. Until
then messages come to two shards, and the second one recognises a repeat. Whatever a session delivers is taken, whose
ever station it is.
"""

import threading
from collections.abc import Callable

import structlog

from apps.common import heartbeats
from apps.stations import selectors
from apps.stations.availability import HOST_SILENT_SECONDS
from apps.stations.bridge.subscriptions import MONEY_TAILS, TELEMETRY_TAILS, foreign, wanted
from apps.stations.bridge.worker import Worker
from apps.stations.gateways.mqtt import Lane
from apps.stations.shards import LOOP, Shard

log = structlog.get_logger(__name__)
ROSTER_SECONDS = 2.0
Retire = Callable[[int], bool]
"""Empties and ends the sessions of a shard that is no more; False when its owner still lives."""


class Roster(Worker):
    """Keeps the topics of both lanes right, and ends what an earlier division left."""

    def __init__(self, shard: Shard, money: Lane, telemetry: Lane, retire: Retire, stopping: threading.Event) -> None:
        super().__init__("roster", stopping)
        self._shard, self._retire = shard, retire
        self._lanes = ((money, MONEY_TAILS), (telemetry, TELEMETRY_TAILS))
        self._cleared = False

    def turn(self) -> None:
        """Look once, then wait."""
        self.follow()
        parts = heartbeats.parts(LOOP)
        others = [part for part in parts if part.count != self._shard.count]
        ours = [part for part in parts if part.count == self._shard.count]
        age = heartbeats.age_of_whole(ours)
        if age is not None and age <= HOST_SILENT_SECONDS and (others or not self._shard.is_whole):
            self._clear()
            for part in others:
                self._end(part)
        self._stopping.wait(ROSTER_SECONDS)

    def follow(self) -> None:
        """Listen to the stations of now."""
        slugs = [] if self._shard.is_whole else selectors.slugs_in_service()
        for lane, tails in self._lanes:
            lane.want(wanted(self._shard, slugs, tails))

    def _clear(self) -> None:
        """Let go, once, what the sessions hold from another division: by now others listen to it."""
        if self._cleared:
            return
        slugs = selectors.slugs_ever()
        for lane, tails in self._lanes:
            lane.drop(foreign(self._shard, slugs, tails))
        self._cleared = True
        log.info("bridge.division_complete", shard=str(self._shard))

    def _end(self, part: heartbeats.Part) -> None:
        """Forget a part of another division that beats no more; the sessions of one too many are emptied first."""
        if part.age <= HOST_SILENT_SECONDS:
            return
        too_many = part.index >= self._shard.count
        if too_many and part.index % self._shard.count != self._shard.index:
            return  # another shard's to end
        if not too_many or self._retire(part.index):
            heartbeats.forget(part.row)
