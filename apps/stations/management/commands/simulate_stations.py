"""`manage.py simulate_stations FILE... | --stations N --rate R`: wash stations in software, over real MQTT."""

import io
import queue
import resource
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.stations.simulator.faults import Faults
from apps.stations.simulator.link import Broker, Signal
from apps.stations.simulator.load import run_load
from apps.stations.simulator.memory import FileFlash
from apps.stations.simulator.runner import Station, run
from apps.stations.simulator.station_file import StationFile, StationFileError, read_station_file
from apps.stations.simulator.washing import Pace

MOST_STATIONS = 5_000
SPARE_SOCKETS = 64


class Command(BaseCommand):
    """Runs the stations until SIGTERM or Ctrl-C; needs the broker, and with --stations the database once."""

    help = "Simulate wash stations from the files that provision_station wrote."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare files, broker, pace and faults."""
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
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
        parser.add_argument(
            "--rate", type=_above_zero, metavar="N", help="a load: each station sends N messages of telemetry a second"
        )
        parser.add_argument(
            "--stations", type=int, default=0, metavar="N", help="with --rate: load-0001 to load-N, made when missing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read everything first, so that a mistake stops before a station goes on air."""
        paths = options["files"] + _load_files(options["stations"], options["rate"])
        if not paths:
            raise CommandError("Name at least one station file, or a load: --stations 100 --rate 1.")
        try:
            faults = Faults.read(options["fault"])
            files = [read_station_file(path) for path in paths]
        except (ValueError, StationFileError) as error:
            raise CommandError(str(error)) from error
        broker = _broker(options["mqtt"])
        pace = Pace(speed=options["speed"], refill_after=options["refill_after"], canister_ml=options["canister_ml"])
        state = options["state_dir"] or Path(settings.PETWASH_HOME) / "stations" / "state"
        if options["rate"]:
            self._load(files, state, broker, options["rate"], pace)
            return
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

    def _load(self, files: list[StationFile], state: Path, broker: Broker, rate: float, pace: Pace) -> None:
        _demand_sockets(len(files))
        fleet = [(file, FileFlash(state / f"{file.station_id}.json")) for file in files]
        self._say(f"{len(fleet)} stations, {len(fleet) * rate:g} messages/s in all")
        run_load(fleet, broker=broker, rate=rate, pace=pace, stop=_stop_event(), say=self._say)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        sys.stdout.flush()


def _load_files(stations: int, rate: float | None) -> list[Path]:
    """Return the files of so many stations of their own, provisioned when they are missing."""
    if not stations:
        return []
    if not settings.PETWASH_DEMO:
        raise CommandError("--stations makes stations up; that is for a demo or a test system (PETWASH_DEMO).")
    if rate is None or not 1 <= stations <= MOST_STATIONS:
        raise CommandError(f"--stations takes a number from 1 to {MOST_STATIONS} and needs --rate.")
    folder = Path(settings.PETWASH_HOME) / "stations" / "load"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = [folder / f"load-{number:04}.json" for number in range(1, stations + 1)]
    for path in paths:
        if not path.exists():
            call_command("provision_station", path.stem, "--name", path.stem, "--output", path, stderr=io.StringIO())
    return paths


def _demand_sockets(stations: int) -> None:
    """Let this process open a socket for each station. Raises: CommandError when the system does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = stations + SPARE_SOCKETS
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise CommandError(
            f"{stations} stations need {wanted} open files, {hard} are allowed: give fewer, or raise `ulimit -n`."
        )
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def _stop_event() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _broker(given: str | None) -> Broker:
    if not given:
        known = settings.MQTT
        return Broker(known.host, known.port, tls=known.tls, files=known.files)
    parts = urlsplit(f"mqtt://{given}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise CommandError("--mqtt wants HOST:PORT, as in 127.0.0.1:1883.")
    return Broker(host, port, tls=settings.MQTT.tls, files=settings.MQTT.files)


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise ArgumentTypeError(f"{text!r} is not a number above 0.")
    return number
