"""What carries messages while the shard is ours: two lanes, their threads, one heartbeat. For one tenure alone."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection

from apps.common.addresses import BrokerAddress
from apps.common.clock import real_now
from apps.common.heartbeats import beat
from apps.stations.bridge.retirement import Retirement
from apps.stations.bridge.roster import Roster
from apps.stations.bridge.worker import (
    MONEY_BATCH_SECONDS,
    MONEY_SHARE,
    CommandWorker,
    Diffs,
    DiffWorker,
    LaneWorker,
    Worker,
)
from apps.stations.gateways.mqtt import Lane, Will
from apps.stations.protocol import topics
from apps.stations.protocol.messages import HostState
from apps.stations.shards import Shard

BEAT_SECONDS = 2.0
JOIN_SECONDS = 5.0


def host_state(*, online: bool) -> Will:
    """Return the retained word on whether the server is there."""
    state = HostState(online=online, ts=real_now())
    return Will(topics.HOST_STATE, state.to_json())


class Heart(Worker):
    """Beats for the shard while all is well."""

    def __init__(self, name: str, figures: Callable[[], dict[str, Any] | None], stopping: threading.Event) -> None:
        """`figures`: what the heartbeat tells, or None while there is something wrong."""
        super().__init__("heart", stopping)
        self._name_of_beat, self._figures = name, figures

    def turn(self) -> None:
        """Beat once, then wait."""
        figures = self._figures()
        if figures is not None:
            beat(self._name_of_beat, figures)
        self._stopping.wait(BEAT_SECONDS)


class Crew:
    """Carries one shard from `start()` until `close()` or `let_go()`; broker and database may come and go meanwhile.

    The first shard speaks for the host. Once ended it is never started again: what one of its threads
    still does then finds a connection that is closed for good.
    """

    def __init__(self, address: BrokerAddress, shard: Shard) -> None:
        self._speaks = shard.index == 0
        self._stopping = threading.Event()
        self._diffs = Diffs()
        will = host_state(online=False) if self._speaks else None
        greet = self._announce if self._speaks else None
        self.money = Lane(address, shard.client_id("money"), (), will=will, on_connected=greet)
        self.telemetry = Lane(address, shard.client_id("telemetry"), ())
        retirement = Retirement(address, self.money, self._diffs, self._stopping)
        self.roster = Roster(shard, self.money, self.telemetry, retirement.retire, self._stopping)
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
            self.roster,
        ]
        self._heart = Heart(shard.heartbeat, self._figures, self._stopping)

    def start(self) -> None:
        """Start everything; returns at once."""
        self.roster.follow()
        connection.close()  # from here on the threads alone ask the database: who watches the lock never waits for it
        for lane in (self.money, self.telemetry):
            lane.start()
        for worker in (*self._workers, self._heart):
            worker.start()

    def close(self) -> None:
        """Finish the batches at hand, say that the host leaves, disconnect."""
        self._stopping.set()
        for worker in (*self._workers, self._heart):
            if worker.is_alive():
                worker.join(JOIN_SECONDS)
        self._disconnect(farewell=True)

    def let_go(self, *, farewell: bool) -> None:
        """Disconnect before anything else: somebody else has the shard now, or may have it soon.

        What is not acknowledged then comes to him. A thread that waits for a database which does not answer
        is left alone: its batch is committed or not, acknowledged by this crew it is never.
        """
        self._stopping.set()
        self._disconnect(farewell=farewell)
        deadline = time.monotonic() + JOIN_SECONDS
        for worker in (*self._workers, self._heart):
            if worker.is_alive():
                worker.join(max(deadline - time.monotonic(), 0))

    @property
    def healthy(self) -> bool:
        """Whether both lanes stand and no thread is stuck or dead."""
        lanes = self.money.connected and self.telemetry.connected
        return lanes and all(worker.is_alive() and worker.healthy for worker in self._workers)

    def _disconnect(self, *, farewell: bool) -> None:
        self.money.stop(last=host_state(online=False) if self._speaks and farewell else None)
        self.telemetry.stop()

    def _figures(self) -> dict[str, Any] | None:
        return {"lanes": {name: lane.figures() for name, lane in self._lanes.items()}} if self.healthy else None

    def _announce(self, lane: Lane) -> None:
        word = host_state(online=True)
        lane.publish(word.topic, word.payload, retain=True)
