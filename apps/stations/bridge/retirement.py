"""The sessions of a shard that is no more: what the broker still holds for it is taken, then they are ended."""

import threading
import time

import structlog

from apps.common.addresses import BrokerAddress
from apps.stations import selectors
from apps.stations.bridge.subscriptions import MONEY_TAILS, TELEMETRY_TAILS, of_all, of_station
from apps.stations.bridge.worker import Diffs, LaneWorker
from apps.stations.gateways.mqtt import Lane, forget_session
from apps.stations.gateways.shard_lock import ShardLock
from apps.stations.shards import client_id

log = structlog.get_logger(__name__)
QUIET_SECONDS = 3.0
PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.1


class Retirement:
    """Takes over for a moment what a former shard left behind."""

    def __init__(self, address: BrokerAddress, out: Lane, diffs: Diffs, stopping: threading.Event) -> None:
        self._address, self._out, self._diffs, self._stopping = address, out, diffs, stopping

    def retire(self, index: int) -> bool:
        """Empty and end both sessions; False, to be tried again, when the shard has an owner or it took too long."""
        lock = ShardLock(index)
        if not lock.take():
            return False
        try:
            slugs = selectors.slugs_ever()
            done = all(
                self._empty(client_id(index, name), [*of_all(tails), *(t for s in slugs for t in of_station(s, tails))])
                for name, tails in (("money", MONEY_TAILS), ("telemetry", TELEMETRY_TAILS))
            )
        finally:
            lock.release()
        log.info("bridge.shard_retired", index=index, done=done)
        return done

    def _empty(self, name: str, topics: list[str]) -> bool:
        """Take what the session holds until nothing comes any more; nothing new does, since its topics are dropped."""
        ending = threading.Event()
        lane = Lane(self._address, name, ())
        worker = LaneWorker(lane, self._out, self._diffs, ending)
        lane.drop(topics)
        lane.start()
        worker.start()
        quiet = self._wait_until_quiet(lane, worker)
        ending.set()
        worker.join()
        lane.stop()
        return quiet and forget_session(self._address, name)

    def _wait_until_quiet(self, lane: Lane, worker: LaneWorker) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (lane.silent_seconds >= QUIET_SECONDS and worker.idle):
            if self._stopping.wait(LOOK_SECONDS) or time.monotonic() > deadline:
                return False
        return True
