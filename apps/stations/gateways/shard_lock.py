"""The right to be a shard's only owner: an advisory lock of PostgreSQL on a connection of its own.

It lasts exactly as long as that connection: when the owner dies, whoever waits has it in a moment. Where the owner's
machine or its network dies, nothing ends the connection but the database's own look whether we are still there. An
owner that is cut off cannot see that; it must have let go before the database does.
"""

import select
import threading
import time
from threading import Event
from typing import Any

import psycopg
import structlog
from django.db import connection
from psycopg.pq import ExecStatus

log = structlog.get_logger(__name__)
FAMILY = 7_261
"""Tells the locks of shards from other advisory locks."""
WAIT_SECONDS = 1.0
WATCH_SECONDS = 2.0
LETS_GO_SECONDS = 15.0
"""So long an owner goes on that cannot learn whether it still is one; less than the database's patience."""
LOOKS = {
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""How the database looks whether we are there, in seconds, times and milliseconds: 20 seconds in all, also where an
answer is under way. Its own custom is two hours, and nobody would wash meanwhile."""
CONNECT_WITHIN = {"connect_timeout": 3, "tcp_user_timeout": 10_000}
ANSWER_SECONDS = 3.0
"""For how long we wait for a database that does not answer at all."""


class ShardLock:
    """Held by one process at a time for each number of a shard, whatever the number of shards."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._session: psycopg.Connection[Any] | None = None

    def wait(self, stopping: Event) -> bool:
        """Wait until the lock is ours; False when told to stop before."""
        told = False
        while not stopping.is_set():
            try:
                if self.take():
                    return True
            except psycopg.OperationalError as error:
                log.warning("bridge.lock_unknown", shard=self._index, error=type(error).__name__)
            if not told:
                log.warning("bridge.waits_for_owner", shard=self._index)
                told = True
            stopping.wait(WAIT_SECONDS)
        return False

    def take(self) -> bool:
        """Take the lock, or see that it still is ours; False when another process has it. Ten seconds at most.

        Raises: psycopg.OperationalError while the database is away: then nobody knows.
        """
        if self._session is not None:
            try:
                _ask(self._session, "SELECT 1")
            except psycopg.OperationalError:
                self.release()
            else:
                return True
        session = psycopg.connect(**(connection.get_connection_params() | CONNECT_WITHIN), autocommit=True)
        looks = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in LOOKS.items())
        try:
            ours = _ask(session, f"SELECT pg_try_advisory_lock({FAMILY}, {self._index}), {looks}") == b"t"
        except psycopg.OperationalError:
            session.close()
            raise
        if ours:
            self._session = session
        else:
            session.close()
        return ours

    def release(self) -> None:
        """Give the lock up, if it is ours."""
        if self._session is not None:
            self._session.close()
            self._session = None


class LockWatch(threading.Thread):
    """Asks again and again whether a lock that was just taken still is ours; remembers when that was certain."""

    def __init__(self, lock: ShardLock) -> None:
        super().__init__(name="lock", daemon=True)
        self.lost = False
        self._lock, self._ending = lock, Event()
        self._certain_at = time.monotonic()

    @property
    def ours(self) -> bool:
        """Whether the lock is ours for all we know, and not too long ago."""
        return not self.lost and time.monotonic() < self._certain_at + LETS_GO_SECONDS

    def run(self) -> None:
        """Look until told to end, or until another has it."""
        while not (self.lost or self._ending.wait(WATCH_SECONDS)):
            asked_at = time.monotonic()
            try:
                self.lost = not self._lock.take()
            except psycopg.OperationalError as error:
                log.warning("bridge.lock_unknown", error=type(error).__name__)
            else:
                self._certain_at = asked_at

    def end(self) -> None:
        """End, once the question at hand has its answer or none."""
        self._ending.set()
        if self.is_alive():
            self.join()


def _ask(session: psycopg.Connection[Any], query: str) -> bytes | None:
    """Return the first value of the answer; psycopg itself would wait for a silent database for ever.

    Raises: psycopg.OperationalError without an answer in time.
    """
    wire, deadline = session.pgconn, time.monotonic() + ANSWER_SECONDS
    wire.send_query(query.encode())
    wire.flush()
    value = None
    while True:
        while wire.is_busy():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([wire.socket], [], [], left)[0]:
                raise psycopg.OperationalError("The database does not answer.")
            wire.consume_input()
        result = wire.get_result()
        if result is None:
            return value
        if result.status != ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError("The database refuses the question.")
        value = result.get_value(0, 0)
