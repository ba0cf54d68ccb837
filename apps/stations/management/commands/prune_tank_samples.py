"""`manage.py prune_tank_samples`: forget old minutes of tank levels."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.errors import InvalidInput
from apps.stations.services import history


class Command(BaseCommand):
    """Deletes samples; days, visits, refills and alerts stay."""

    help = "Forget samples of tank levels older than --days (30; the database refuses fewer than 14)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how many days stay."""
        parser.add_argument("--days", type=int, default=history.KEEP_DAYS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many went."""
        try:
            gone = history.prune_samples(options["days"])
        except InvalidInput as refusal:
            raise CommandError(f"--days: {refusal.details.get('days', refusal.message)}") from refusal
        self.stdout.write(f"{gone} samples forgotten, {options['days']} days kept.")
