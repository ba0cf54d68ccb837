"""The bridge as a whole, or one shard of it: waits for the shard's lock, and carries the shard while it has it."""

import threading

import structlog

from apps.common.addresses import BrokerAddress
from apps.stations.bridge.crew import Crew
from apps.stations.bridge.roster import Roster
from apps.stations.gateways.mqtt import Lane
from apps.stations.gateways.shard_lock import LockWatch, ShardLock
from apps.stations.shards import Shard

log = structlog.get_logger(__name__)
LOOK_SECONDS = 0.25


class Bridge:
    """Runs until `stop()`; both connections and the database may come and go meanwhile.

    Whose lock another has, or who has not been told for long that it is still his, disconnects from the
    broker and stands by like any other process of the shard.
    """

    def __init__(self, address: BrokerAddress, shard: Shard = Shard()) -> None:  # noqa: B008 - it is frozen
        self.shard = shard
        self._address = address
        self._lock = ShardLock(shard.index)
        self._stopping = threading.Event()
        self._crew = Crew(address, shard)

    def run(self) -> None:
        """Wait to be the only owner, carry the shard until `stop()` is called, then shut down in order."""
        while self._lock.wait(self._stopping):
            watch = LockWatch(self._lock)
            try:
                self._carry(watch)
            finally:
                watch.end()
                self._lock.release()
            if self._stopping.is_set():
                log.info("bridge.stopped", shard=str(self.shard))
                return
            self._crew = Crew(self._address, self.shard)

    def stop(self) -> None:
        """Ask the bridge to end; safe in a signal handler."""
        self._stopping.set()

    @property
    def healthy(self) -> bool:
        """Whether it carries its shard, and nothing is stuck or dead."""
        return self._crew.healthy

    @property
    def money(self) -> Lane:
        """The lane that washes depend on."""
        return self._crew.money

    @property
    def telemetry(self) -> Lane:
        """The other lane."""
        return self._crew.telemetry

    @property
    def roster(self) -> Roster:
        """Who follows the stations."""
        return self._crew.roster

    def _carry(self, watch: LockWatch) -> None:
        """Carry the shard until told to stop, or until it may be another's."""
        watch.start()
        self._crew.start()
        log.info("bridge.started", shard=str(self.shard))
        while watch.ours and not self._stopping.is_set():
            self._stopping.wait(LOOK_SECONDS)
        if watch.ours:
            self._crew.close()
            return
        log.error("bridge.let_go", shard=self.shard.index, another_has_it=watch.lost)
        # Nobody else is connected under our names while this word goes out: a successor comes after it, and greets.
        self._crew.let_go(farewell=not watch.lost)
