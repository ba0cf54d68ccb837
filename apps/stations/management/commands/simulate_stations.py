"""`manage.py simulate_stations FILE...`: wash stations in software, over real MQTT."""

import queue
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.stations.simulator.faults import Faults
from apps.stations.simulator.link import Broker, Signal
from apps.stations.simulator.memory import FileFlash
from apps.stations.simulator.runner import Station, run
from apps.stations.simulator.station_file import StationFileError, read_station_file
from apps.stations.simulator.washing import Pace


class Command(BaseCommand):
    """Runs the stations until SIGTERM or Ctrl-C; needs the broker and nothing else."""

    help = "Simulate wash stations from the files that provision_station wrote."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare files, broker, pace and faults."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--mqtt", metavar="HOST:PORT", help="broker; default: MQTT_URL")
        parser.add_argument("--speed", type=_above_zero, default=1.0, help="wash seconds a second")
        parser.add_argument(
            "--fault",
            action="append",
            default=[],
            metavar="NAME",
            help="drop-ack, never-start, 'late-start 90', duplicate, reboot-mid-wash, "
            "'offline 120', low-tank, poison, no-clock; may be repeated",
        )
        parser.add_argument("--refill-after", type=_above_zero, metavar="SECONDS", help="refill a critical tank")
        parser.add_argument(
            "--canister-ml", type=_above_zero, metavar="ML", help="what a refill brings; else a full tank"
        )
        parser.add_argument("--state-dir", type=Path, help="the devices' flash")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read everything first, so that a mistake stops before a station goes on air."""
        try:
            faults = Faults.read(options["fault"])
            files = [read_station_file(path) for path in options["files"]]
        except (ValueError, StationFileError) as error:
            raise CommandError(str(error)) from error
        broker = _broker(options["mqtt"])
        pace = Pace(speed=options["speed"], refill_after=options["refill_after"], canister_ml=options["canister_ml"])
        state = options["state_dir"] or Path(settings.PETWASH_HOME) / "stations" / "state"
        inbox: queue.Queue[Signal] = queue.Queue()
        stations = [
            Station(
                file,
                FileFlash(state / f"{file.station_id}.json"),
                broker=broker,
                faults=faults,
                pace=pace,
                inbox=inbox,
                say=self._say,
            )
            for file in files
        ]
        run(stations, inbox, _stop_event())

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        sys.stdout.flush()


def _stop_event() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _broker(given: str | None) -> Broker:
    if not given:
        known = settings.MQTT
        return Broker(known.host, known.port, tls=known.tls)
    parts = urlsplit(f"mqtt://{given}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise CommandError("--mqtt wants HOST:PORT, as in 127.0.0.1:1883.")
    return Broker(host, port, tls=settings.MQTT.tls)


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise ArgumentTypeError(f"{text!r} is not a number above 0.")
    return number
