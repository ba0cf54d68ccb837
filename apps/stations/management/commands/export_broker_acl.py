"""`manage.py export_broker_acl [--check] [--folder FOLDER]`: the broker's files from the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import DomainError
from apps.stations.services.broker_export import Export, export_broker_files


class Command(BaseCommand):
    """Parses, calls one service, tells what it did."""

    help = "Write Mosquitto's password file and access list from the stations in the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare whether to write and where."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail when the files are out of date")
        parser.add_argument(
            "--folder", type=Path, help="write `passwords` and `acl` here, for a broker on another machine"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare.

        Raises: CommandError with the remedy.
        """
        check: bool = options["check"]
        try:
            export = export_broker_files(check=check, folder=options["folder"])
        except DomainError as error:
            raise CommandError(error.message) from error
        except (ImproperlyConfigured, OSError) as error:
            raise CommandError(str(error)) from error
        self._warn(export)
        if check and export.stale:
            raise CommandError("The broker's files are out of date: run manage.py export_broker_acl.")
        said = "Nothing to do" if check else "Unchanged" if not export.stale else "Written"
        self.stdout.write(f"{said}: the bridge and {len(export.stations)} stations.")

    def _warn(self, export: Export) -> None:
        if export.dropped:
            self.stderr.write(f"Not in service, so not let in: {', '.join(export.dropped)}.")
        if export.without_password:
            self.stderr.write(
                "No password is known, so not let in: "
                f"{', '.join(export.without_password)}. Run manage.py provision_station ID --rotate."
            )
