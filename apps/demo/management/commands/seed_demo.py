"""`manage.py seed_demo`: demo accounts and stations; with --live also a first stay, through the API."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.demo import first_stay
from apps.demo.client import Client, StepFailed
from apps.demo.seed import seed

MOST_STATIONS = 50


class Command(BaseCommand):
    """Runs as often as you like: what exists stays."""

    help = "Make the demo's accounts and stations, once; demo settings only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--stations", type=int, default=2, help="how many wash stations (2)")
        parser.add_argument("--password", default="", help="one password for all accounts instead of drawn ones")
        parser.add_argument("--live", action="store_true", help="against the running system: vet, book and pay")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises: CommandError outside demo settings, or when the running system does not play along."""
        if not settings.PETWASH_DEMO:
            raise CommandError("Demo accounts exist in demo settings alone. Set PETWASH_DEMO=yes for a demo.")
        home = Path(settings.PETWASH_HOME)
        if options["live"]:
            self._live(home)
            return
        if not 1 <= options["stations"] <= MOST_STATIONS:
            raise CommandError(f"--stations must be from 1 to {MOST_STATIONS}.")
        seed(home, stations=options["stations"], password=options["password"])
        self.stdout.write(f"Demo accounts are in {home / 'demo.json'}.")

    def _live(self, home: Path) -> None:
        accounts = json.loads((home / "demo.json").read_text())["accounts"]
        try:
            self.stdout.write(first_stay.play(Client(settings.PUBLIC_BASE_URL), accounts))
        except StepFailed as error:
            raise CommandError(f"The first stay did not go as promised: {error}") from error
