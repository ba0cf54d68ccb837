"""`manage.py issue_statements`: makes up for months in which no run came."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.statements import services


class Command(BaseCommand):
    help = "Issues the statements of all months that are over, for payees who were paid since a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the day."""
        parser.add_argument("--since", required=True, help="a day such as 2026-01-01")

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue them and say how many."""
        try:
            since = datetime.strptime(options["since"], "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise CommandError("--since must be a day such as 2026-01-01.") from None
        self.stdout.write(f"{services.close_periods(since)} statements issued.")
