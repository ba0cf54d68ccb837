"""The bridge as a whole: two lanes, three kinds of threads, one heartbeat."""

import threading

import structlog
from django.db import connection

from apps.common.addresses import BrokerAddress
from apps.common.clock import real_now
from apps.common.heartbeats import beat
from apps.stations.bridge.worker import (
    DATABASE_AWAY,
    CommandWorker,
    Diffs,
    DiffWorker,
    LaneWorker,
    Worker,
)
from apps.stations.gateways.mqtt import Lane, Will
from apps.stations.protocol import topics
from apps.stations.protocol.messages import HostState

log = structlog.get_logger(__name__)
BEAT_SECONDS = 2.0
JOIN_SECONDS = 5.0
_ALL = f"{topics.PREFIX}/+"
MONEY = (f"{_ALL}/conn", f"{_ALL}/birth", f"{_ALL}/bay/+/event", f"{_ALL}/alert", f"{_ALL}/ack/+")
TELEMETRY = (f"{_ALL}/bay/+/state", f"{_ALL}/tank/+/level")


def host_state(*, online: bool) -> Will:
    """Return the retained word on whether the server is there."""
    state = HostState(online=online, ts=real_now())
    return Will(topics.HOST_STATE, state.to_json())


class Bridge:
    """Runs until `stop()`; both connections and the database may come and go meanwhile."""

    def __init__(self, address: BrokerAddress, *, client_id: str = "petwash-bridge") -> None:
        self._stopping = threading.Event()
        self._diffs = Diffs()
        self.money = Lane(
            address,
            f"{client_id}-money",
            MONEY,
            will=host_state(online=False),
            on_connected=self._announce,
        )
        self.telemetry = Lane(address, f"{client_id}-telemetry", TELEMETRY)
        self._workers: list[Worker] = [
            LaneWorker(self.money, self.money, self._diffs, self._stopping),
            LaneWorker(self.telemetry, self.money, self._diffs, self._stopping),
            CommandWorker(self.money, self._stopping),
            DiffWorker(self._diffs, self._stopping),
        ]

    def start(self) -> None:
        """Start everything; returns at once."""
        for lane in (self.money, self.telemetry):
            lane.start()
        for worker in self._workers:
            worker.start()

    def run(self) -> None:
        """Start, beat until `stop()` is called, then shut down in order."""
        self.start()
        log.info("bridge.started")
        while not self._stopping.is_set():
            self._beat()
            self._stopping.wait(BEAT_SECONDS)
        self.close()
        log.info("bridge.stopped")

    def stop(self) -> None:
        """Ask the bridge to end; safe in a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Finish the batches at hand, say that the host leaves, disconnect."""
        self._stopping.set()
        for worker in self._workers:
            if worker.is_alive():
                worker.join(JOIN_SECONDS)
        self.money.stop(last=host_state(online=False))
        self.telemetry.stop()
        connection.close()

    @property
    def healthy(self) -> bool:
        """Whether both lanes stand and no thread is stuck or dead."""
        lanes = self.money.connected and self.telemetry.connected
        return lanes and all(worker.is_alive() and worker.healthy for worker in self._workers)

    def _beat(self) -> None:
        if not self.healthy:
            return
        try:
            beat("bridge")
        except DATABASE_AWAY as error:
            log.warning("bridge.no_heartbeat", error=type(error).__name__)
            connection.close()

    def _announce(self, lane: Lane) -> None:
        word = host_state(online=True)
        lane.publish(word.topic, word.payload, retain=True)
