"""`manage.py provision_station ID --name …`: a new station and the file for its device."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import DomainError
from apps.stations.services import provisioning


class Command(BaseCommand):
    """Parses, calls one service, prints or writes its answer."""

    help = "Create a wash station (or rotate its credentials) and print what its device needs as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the station's id and options."""
        parser.add_argument("station_id", help="a lower-case slug, the station's id everywhere")
        parser.add_argument("--name", default="", help="what people call it")
        parser.add_argument("--place", default="", help="where it stands")
        parser.add_argument("--bays", type=int, default=2, help="number of bays (2)")
        parser.add_argument("--displays", action="store_true", help="its bays show codes that buyers type in")
        parser.add_argument("--rotate", action="store_true", help="new credentials for a station")
        parser.add_argument("--output", type=Path, help="write here, readable by you alone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Provision and hand over.

        Raises: CommandError with the remedy.
        """
        slug: str = options["station_id"]
        try:
            device = provisioning.provision_station(
                slug=slug,
                name=options["name"] or slug,
                place=options["place"],
                bays=options["bays"],
                rotate=options["rotate"],
                displays=options["displays"],
            )
        except DomainError as error:
            raise CommandError(f"{error.message} {json.dumps(error.details)}") from error
        text = json.dumps(device, indent=2)
        if options["output"] is None:
            self.stdout.write(text)
            return
        _write_private(options["output"], text)
        self.stderr.write(f"Wrote {options['output']}.")


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
    draft.replace(path)
