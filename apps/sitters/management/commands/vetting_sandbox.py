"""manage.py vetting_sandbox: run the stand-in for the vetting provider."""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.sitters.vetting_sandbox.courier import Courier
from apps.sitters.vetting_sandbox.server import SandboxServer
from apps.sitters.vetting_sandbox.store import Store


class Command(BaseCommand):
    """Own process, own store; results arrive as signed webhooks after a short delay."""

    help = "Run a stand-in for the vetting provider at VETTING_API_BASE."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, help="default: the port of VETTING_API_BASE")
        parser.add_argument("--store", help="SQLite file; default: in PETWASH_HOME")
        parser.add_argument("--delay", type=float, default=2.0, help="seconds until a result")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGTERM or SIGINT."""
        port = options["port"] or urlsplit(settings.VETTING_API_BASE).port
        if not port:
            raise CommandError("VETTING_API_BASE names no port: set it, or give --port.")
        home = Path(os.environ.get("PETWASH_HOME", ".petwash"))
        home.mkdir(parents=True, exist_ok=True)
        store = Store(options["store"] or home / "vetting_sandbox.sqlite3")
        try:
            server = SandboxServer(store, port=port, api_key=settings.VETTING_API_KEY, delay_seconds=options["delay"])
        except OSError as error:
            raise CommandError(f"Port {port} is taken: stop what listens there.") from error
        url = settings.PUBLIC_BASE_URL.rstrip("/") + "/api/v1/webhooks/vetting/checkr"
        courier = Courier(store, url=url, secret=settings.VETTING_WEBHOOK_SECRET)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        courier.start()
        self.stdout.write(f"Vetting sandbox at {server.base_url}, webhooks to {url}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("Vetting sandbox stopped.")
        finally:
            courier.stop()
            server.server_close()
            store.close()


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
