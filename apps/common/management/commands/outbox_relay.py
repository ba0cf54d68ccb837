"""`manage.py outbox_relay`: delivers committed events until it is told to stop."""

import signal
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import psycopg
import structlog
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection

from apps.common import relay
from apps.common.heartbeats import beat

log = structlog.get_logger(__name__)
POLL_SECONDS = 1.0


class Command(BaseCommand):
    """The loop: deliver what is due, say so, then wait for a NOTIFY or the poll."""

    help = "Deliver events from the outbox to their handlers."
    stopping = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --once."""
        parser.add_argument("--once", action="store_true", help="deliver what is due and stop")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until SIGTERM or SIGINT; a lost database is waited for."""
        if options["once"]:
            self.stdout.write(f"{relay.deliver_until_empty()} events delivered")
            return
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        log.info("outbox_relay.started")
        while not self.stopping:
            try:
                self._turn()
            except (OperationalError, InterfaceError, psycopg.Error) as error:
                log.warning("outbox_relay.database_lost", error=type(error).__name__)
                connection.close()
                signal.sigtimedwait([], 1) if not self.stopping else None
        log.info("outbox_relay.stopped")

    def _turn(self) -> None:
        beat("relay")
        while not self.stopping and relay.deliver_batch() == relay.BATCH:
            beat("relay")
        if not self.stopping:
            self._wait()

    def _wait(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("LISTEN petwash_outbox")
        raw = connection.connection
        for _ in raw.notifies(timeout=POLL_SECONDS, stop_after=1):
            return

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
