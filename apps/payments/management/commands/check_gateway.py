"""`manage.py check_gateway`: is our account at the gateway set up safely? Exit status 1 when it is not."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.payments import services


class Command(BaseCommand):
    """Print what was looked at, and what is wrong."""

    help = "Check our account at the gateway: key and API version, payout schedule, webhooks."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run the check. Raises: SystemExit with status 1 when the account is not as it must be."""
        found = services.check_gateway()
        for finding in found:
            line = f"{finding.part:<10} {finding.note}"
            self.stdout.write(line if finding.ok else self.style.ERROR(line))
        if not all(finding.ok for finding in found):
            raise SystemExit(1)
