"""The processes of a running copy, besides its servers."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_GRACE_SECONDS = 3
# A wash of five minutes takes 15 s; somebody comes with a canister a minute after a critical alert.
_SIMULATION = "--speed 20 --refill-after 60 --canister-ml 1000"


@dataclass(frozen=True)
class Program:
    """A name for the log's prefix and a command line."""

    name: str
    command: list[str]


def programs(home: Path, port: int) -> list[Program]:
    """Return what runs, in the order of its start; the stations that are simulated come last."""
    stations = [str(path) for path in sorted((home / "stations").glob("*.json"))]
    simulation = shlex.split(os.environ.get("PETWASH_SIMULATION", _SIMULATION))
    simulate = ["simulate_stations", *stations, *simulation]
    return [
        Program("web", _web(port)),
        Program("worker", _celery("worker", "--concurrency", "2", "--without-mingle")),
        Program("beat", _celery("beat")),
        Program("relay", manage("outbox_relay")),
        Program("bridge", manage("mqtt_bridge")),
        Program("stripe", manage("stripe_sandbox")),
        Program("vetting", manage("vetting_sandbox")),
        *([Program("sim", manage(*simulate))] if stations else []),
    ]


def manage(*arguments: str) -> list[str]:
    """Return the command line of a management command."""
    return [sys.executable, str(REPOSITORY / "manage.py"), *arguments]


def _web(port: int) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--lifespan", "off", "--no-access-log"]
    grace = ["--timeout-graceful-shutdown", str(_GRACE_SECONDS)]  # open sockets do not hold it up
    return [sys.executable, "-m", "uvicorn", "petwash.asgi:application", *options, *grace]


def _celery(role: str, *options: str) -> list[str]:
    quiet = ["--loglevel", "WARNING"]  # at INFO, each heartbeat would be a line
    return [sys.executable, "-m", "celery", "--quiet", "-A", "petwash", role, *quiet, *options]
