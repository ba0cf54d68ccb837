"""`manage.py reconcile`: compare gateway and books; exit status 1 while breaks are open, 2 when it could not."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from apps.common.errors import DomainError
from apps.reconciliation import services
from apps.reconciliation.states import RunStatus


class Command(BaseCommand):
    """Run the reconciliation and print its sums."""

    help = "Compare the gateway's balance with the ledger, movement by movement."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the instant."""
        parser.add_argument("--until", help="an ISO 8601 instant such as 2026-11-21T03:00:00Z; now, if left out")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run once. Raises: SystemExit 1 with open breaks, CommandError (2) when the run failed."""
        try:
            report = services.reconcile(until=_instant(options["until"]))
        except DomainError as refusal:
            raise CommandError(refusal.message, returncode=2) from refusal
        if report.status != RunStatus.FINISHED:
            raise CommandError(f"The run failed: {report.failure}", returncode=2)
        for total in report.totals:
            self.stdout.write(
                f"{total.currency}: ledger {total.ledger} = gateway {total.gateway} + in flight {total.in_flight}"
                f" + breaks {total.breaks} + unexplained {total.unexplained}"
            )
        self.stdout.write(
            f"{report.new_entries} new entries, {report.in_flight} in flight, breaks: {report.breaks_new} new,"
            f" {report.breaks_resolved} resolved, {report.breaks_open} open"
        )
        if report.breaks_open:
            raise SystemExit(1)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError("--until must be an ISO 8601 instant such as 2026-11-21T03:00:00Z.", returncode=2)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
