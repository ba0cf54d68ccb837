"""What every run does, whatever it tries: its folder, its words, its course, its end and its exit status."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from petwash.chaos import gateway_books
from petwash.chaos.certificate import complaints, table
from petwash.chaos.company import Company, CompanyError
from petwash.chaos.diary import Line
from petwash.chaos.gateway_books import GatewayBooks
from petwash.chaos.plan import PlanError
from petwash.chaos.storm import Storm
from petwash.chaos.verdict import Verdict
from petwash.devstack.programs import manage
from petwash.devstack.server import ServerStartError

Host = TypeVar("Host", bound=Company)
Weather = TypeVar("Weather", bound=Storm)
NO_END = "the run did not come to an end; what is open stands below"


@dataclass(frozen=True)
class Blown(Generic[Weather]):
    """A storm that is over. lines: the diary until the workers were halted; ended: whether all came to its end."""

    storm: Weather
    lines: list[Line]
    ended: bool


def parser_of(
    command: str, description: str | None, saboteurs: tuple[str, ...], patience: float
) -> argparse.ArgumentParser:
    """Return the arguments that every run has."""
    parser = argparse.ArgumentParser(prog=command, description=description)
    parser.add_argument("--seed", type=int, default=number_of("SEED", 1))
    parser.add_argument("--patience", type=float, default=patience, help="seconds without progress that end a run")
    parser.add_argument("--keep", action="store_true", help="keep the run's folder also when it is clean")
    parser.add_argument("--saboteur", choices=["", *saboteurs], default="", help="break what is tried: for tests")
    return parser


def number_of(name: str, default: int) -> int:
    """Return the whole number that a variable holds. Raises: PlanError."""
    text = os.environ.get(name) or str(default)
    try:
        return int(text)
    except ValueError:
        raise PlanError(f"{name} must be a whole number, not {text!r}.") from None


def say(sentence: str) -> None:
    """Tell the person at the terminal, at once."""
    print(f"petwash: {sentence}", flush=True)


def refuse(error: Exception) -> int:
    """Tell why the run cannot be made and return the exit status of that."""
    print(f"petwash: {error}", file=sys.stderr)
    return 2


def make(found: Callable[[Path], Host], conduct: Callable[[Host], bool], *, keep: bool) -> int:
    """Make a run with a company in a folder of its own and return the exit status.

    conduct: tells whether its certificate is clean. The folder stays when it is not, or when it is to be kept.
    """
    folder = Path(tempfile.mkdtemp(prefix="petwash-chaos-"))
    company = found(folder)
    clean = False
    try:
        clean = conduct(company)
    except (CompanyError, ServerStartError) as error:
        return refuse(error)
    except KeyboardInterrupt:
        return 130
    finally:
        company.stop()
        if clean and not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"the logs are in {folder}")
    return 0 if clean else 1


def blow(company: Company, storm_of: Callable[[], Weather], *, first: str) -> Blown[Weather]:
    """Start the company, let the storm blow, and halt the workers. first: what the time is counted from."""
    say(f"starting {company.servers} ...")
    company.start()
    say("the storm begins ...")
    started = time.monotonic()
    company.begin()
    storm = storm_of()
    ended = storm.blow()
    blown = Blown(storm, company.diary.all(), ended)
    company.halt()
    say(f"{time.monotonic() - started:.0f} s from the first {first} to the last open end")
    return blown


def witnesses(company: Company) -> tuple[GatewayBooks, str]:
    """Return the gateway's books, and what `check_ledger` complains about."""
    ledger = ""
    try:
        company.run(manage("check_ledger"))
    except CompanyError as error:
        ledger = str(error)
    return gateway_books.read(company.folder / "stripe_sandbox.sqlite3"), ledger


def publish(verdict: Verdict, happened: dict[str, int], certificate: str) -> bool:
    """Print what happened, what was wrong and the certificate; tell whether it is clean."""
    print(table(happened))
    if not verdict.is_clean:
        print(complaints(verdict))
    print(certificate, flush=True)
    return verdict.is_clean
