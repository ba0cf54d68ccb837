"""`manage.py print_bay_codes STATION --output codes.pdf`: the sheet that is put up at the bays."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import DomainError
from apps.stations import selectors
from apps.stations.bay_codes import code_svg, codes_pdf
from apps.stations.services import codes


class Command(BaseCommand):
    """Parses, calls one service, writes its answer."""

    help = "Write the printable QR codes of a station's bays and print their addresses."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the station's id and where to write."""
        parser.add_argument("station_id", help="the station's id")
        parser.add_argument("--output", type=Path, help="write the PDF sheet here, one page a bay")
        parser.add_argument("--svg", type=Path, metavar="FOLDER", help="write one SVG picture a bay into this folder")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what was asked for.

        Raises: CommandError with the remedy.
        """
        slug: str = options["station_id"]
        try:
            printed = codes.print_codes(bays=selectors.bays_of(slug))
        except DomainError as error:
            raise CommandError(
                f"There is no station {slug} with bays; manage.py provision_station makes one."
            ) from error
        output, folder = options["output"], options["svg"]
        try:
            if output:
                output.write_bytes(codes_pdf(printed, settings.COMPANY_NAME))
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                for code in printed:
                    (folder / f"{slug}-bay-{code.bay}.svg").write_text(code_svg(code))
        except OSError as error:
            raise CommandError(f"Cannot write: {error}") from error
        for code in printed:
            self.stdout.write(f"{code.name}: {code.url}")
