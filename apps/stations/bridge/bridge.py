"""The bridge as a whole, or one shard of it: two lanes, their threads, one heartbeat."""

import threading

import psycopg
import structlog
from django.db import connection

from apps.common.addresses import BrokerAddress
from apps.common.clock import real_now
from apps.common.heartbeats import beat
from apps.stations.bridge.retirement import Retirement
from apps.stations.bridge.roster import Roster
from apps.stations.bridge.worker import (
    DATABASE_AWAY,
    MONEY_BATCH_SECONDS,
    MONEY_SHARE,
    CommandWorker,
    Diffs,
    DiffWorker,
    LaneWorker,
    Worker,
)
from apps.stations.gateways.mqtt import Lane, Will
from apps.stations.gateways.shard_lock import ShardLock
from apps.stations.protocol import topics
from apps.stations.protocol.messages import HostState
from apps.stations.shards import Shard

log = structlog.get_logger(__name__)
BEAT_SECONDS = 2.0
JOIN_SECONDS = 5.0


def host_state(*, online: bool) -> Will:
    """Return the retained word on whether the server is there."""
    state = HostState(online=online, ts=real_now())
    return Will(topics.HOST_STATE, state.to_json())


class Bridge:
    """Runs until `stop()`; both connections and the database may come and go meanwhile.

    The first shard speaks for the host; a shard whose lock is gone ends, because another owner has it.
    """

    def __init__(self, address: BrokerAddress, shard: Shard = Shard()) -> None:  # noqa: B008 - it is frozen
        self.shard = shard
        self.lost_its_lock = False
        self._speaks = shard.index == 0
        self._lock = ShardLock(shard.index)
        self._stopping = threading.Event()
        self._diffs = Diffs()
        will = host_state(online=False) if self._speaks else None
        greet = self._announce if self._speaks else None
        self.money = Lane(address, shard.client_id("money"), (), will=will, on_connected=greet)
        self.telemetry = Lane(address, shard.client_id("telemetry"), ())
        retirement = Retirement(address, self.money, self._diffs, self._stopping)
        self._roster = Roster(shard, self.money, self.telemetry, retirement.retire, self._stopping)
        self._lanes = {
            "money": LaneWorker(
                self.money, self.money, self._diffs, self._stopping, within=MONEY_BATCH_SECONDS, share=MONEY_SHARE
            ),
            "telemetry": LaneWorker(self.telemetry, self.money, self._diffs, self._stopping),
        }
        self._workers: list[Worker] = [
            *self._lanes.values(),
            CommandWorker(self.money, self._stopping, shard),
            DiffWorker(self._diffs, self._stopping),
            self._roster,
        ]

    def start(self) -> None:
        """Start everything; returns at once."""
        self._roster.follow()
        for lane in (self.money, self.telemetry):
            lane.start()
        for worker in self._workers:
            worker.start()

    def run(self) -> None:
        """Wait to be the only owner, start, beat until `stop()` is called, then shut down in order."""
        if not self._lock.wait(self._stopping):
            return
        try:
            self.start()
            log.info("bridge.started", shard=str(self.shard))
            while self._is_ours() and not self._stopping.is_set():
                self._beat()
                self._stopping.wait(BEAT_SECONDS)
            self.close()
        finally:
            self._lock.release()
        log.info("bridge.stopped", shard=str(self.shard))

    def stop(self) -> None:
        """Ask the bridge to end; safe in a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Finish the batches at hand, say that the host leaves, disconnect."""
        self._stopping.set()
        for worker in self._workers:
            if worker.is_alive():
                worker.join(JOIN_SECONDS)
        self.money.stop(last=host_state(online=False) if self._speaks and not self.lost_its_lock else None)
        self.telemetry.stop()
        connection.close()

    @property
    def healthy(self) -> bool:
        """Whether both lanes stand and no thread is stuck or dead."""
        lanes = self.money.connected and self.telemetry.connected
        return lanes and all(worker.is_alive() and worker.healthy for worker in self._workers)

    def _is_ours(self) -> bool:
        try:
            self.lost_its_lock = not self._lock.take()
        except psycopg.OperationalError as error:
            log.warning("bridge.lock_unknown", shard=self.shard.index, error=type(error).__name__)
            return True  # nothing can be committed meanwhile, by nobody
        if self.lost_its_lock:
            log.error("bridge.lock_lost", shard=self.shard.index)
        return not self.lost_its_lock

    def _beat(self) -> None:
        if not self.healthy:
            return
        try:
            beat(self.shard.heartbeat, {"lanes": {name: lane.figures() for name, lane in self._lanes.items()}})
        except DATABASE_AWAY as error:
            log.warning("bridge.no_heartbeat", error=type(error).__name__)
            connection.close()

    def _announce(self, lane: Lane) -> None:
        word = host_state(online=True)
        lane.publish(word.topic, word.payload, retain=True)
