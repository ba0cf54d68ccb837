"""Celery beat's scheduler with a heartbeat, so that a beat that hangs is seen."""

import time
from typing import Any

import structlog
from celery.beat import PersistentScheduler
from django.db import DatabaseError, connection

from apps.common.heartbeats import beat

log = structlog.get_logger(__name__)
HEARTBEAT_SECONDS = 3


class HeartbeatScheduler(PersistentScheduler):
    """Beats from within the loop that sends the tasks: a stuck loop does not beat."""

    max_interval = HEARTBEAT_SECONDS
    _last_beat = 0.0

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, beat, and return the seconds until the next turn."""
        pause = super().tick(*args, **kwargs)
        if time.monotonic() - self._last_beat >= HEARTBEAT_SECONDS:
            self._last_beat = time.monotonic()
            try:
                beat("beat")
            except DatabaseError as error:
                connection.close()
                log.warning("beat.heartbeat_failed", error=type(error).__name__)
        return min(float(pause), float(HEARTBEAT_SECONDS))

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one task; while Redis is down that is one line of the log, and the next turn tries again.

        Nothing is lost: every task finds its own due work in Postgres.
        """
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:
            log.warning("beat.task_not_sent", task=entry.task, error=type(error.__cause__ or error).__name__)
