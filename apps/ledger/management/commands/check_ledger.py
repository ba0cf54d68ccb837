"""`manage.py check_ledger`: audit the books; exit status 1 when they are not in order."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.ledger import selectors


class Command(BaseCommand):
    """Print the trial balance and every problem found."""

    help = "Audit the ledger: every journal balances, guarded balances agree, guards are on."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run the check. Raises: SystemExit with status 1 when the books are not in order."""
        report = selectors.check()
        for row in report.rows:
            accounts = report.accounts[row.kind, row.currency]
            self.stdout.write(f"{row.kind:<22} {accounts:>8} accounts {row.balance!s:>22}")
        for problem in report.problems:
            self.stderr.write(self.style.ERROR(problem))
        verdict = "in balance" if report.ok else f"{len(report.problems)} problems"
        self.stdout.write(f"{report.journals} journals, {report.entries} entries: {verdict}")
        if not report.ok:
            raise SystemExit(1)
