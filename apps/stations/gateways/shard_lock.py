"""The right to be a shard's only owner: an advisory lock of PostgreSQL on a connection of its own.

It lasts exactly as long as that connection: when the owner dies, whoever waits has it in a moment. Where the owner's
machine or its network dies, nothing ends the connection but the database's own look whether we are still there.
"""

from threading import Event
from typing import Any

import psycopg
import structlog
from django.db import connection

log = structlog.get_logger(__name__)
FAMILY = 7_261
"""Tells the locks of shards from other advisory locks."""
WAIT_SECONDS = 1.0
LOOKS = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}
"""How the database looks, in seconds and times; its own custom is two hours, and nobody would wash meanwhile."""
ANSWER_WITHIN = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
"""For how many seconds, or milliseconds, we wait for a database that does not answer at all."""


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
        """Take the lock, or see that it still is ours; False when another process has it.

        Raises: psycopg.OperationalError while the database is away: then nobody knows.
        """
        if self._session is not None:
            try:
                self._session.execute("SELECT 1")
            except psycopg.OperationalError:
                self.release()
            else:
                return True
        session = psycopg.connect(**(connection.get_connection_params() | ANSWER_WITHIN), autocommit=True)
        for name, value in LOOKS.items():
            session.execute("SELECT set_config(%s, %s, false)", [name, str(value)])
        answer = session.execute("SELECT pg_try_advisory_lock(%s, %s)", [FAMILY, self._index]).fetchone()
        if answer is None or not answer[0]:
            session.close()
            return False
        self._session = session
        return True

    def release(self) -> None:
        """Give the lock up, if it is ours."""
        if self._session is not None:
            self._session.close()
            self._session = None
