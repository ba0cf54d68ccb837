"""`make bench`: take every figure, or those named in ARGS, on servers of its own, and print one table.

    make bench
    make bench ARGS="postings books"
    make bench ARGS="--write-readme"

Exit status 1 when a target is missed. Nothing is written, except the table of README.md on --write-readme.
"""

import argparse
import importlib
import os
import platform
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import database
from bench.figures import Figure, table, with_table
from bench.rounds import Size

NAMES = ("postings", "books", "bookings", "payouts", "patience", "bridge", "activation")
README = Path(__file__).resolve().parent.parent / "README.md"
Measure = Callable[[database.Addresses, Size], list[Figure]]


def measure_of(name: str) -> Measure:
    """Return the function of `bench/<name>.py` that takes its figures."""
    function: Measure = importlib.import_module(f"bench.{name}").measure
    return function


def main(arguments: list[str]) -> int:
    """Take the figures. Return 1 when one misses its target, or cannot be taken."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="which figures; all by default")
    parser.add_argument("--smoke", action="store_true", help="a tiny size, to see that everything runs")
    parser.add_argument("--write-readme", action="store_true", help="replace the table in README.md")
    asked = parser.parse_args(arguments)
    if asked.write_readme and (asked.names or asked.smoke):
        parser.error("--write-readme takes all figures at their full size")
    figures = _take(asked.names or list(NAMES), Size(asked.smoke))
    body = f"{table(figures)}\n\n{_machine()}"
    print(body)
    if asked.write_readme:
        README.write_text(with_table(README.read_text(), body))
    return 0 if asked.smoke or all(figure.passed for figure in figures) else 1


def _take(names: list[str], size: Size) -> list[Figure]:
    figures = []
    for name in names:
        started = time.monotonic()
        with database.started() as addresses:
            figures += measure_of(name)(addresses, size)
        print(f"petwash: {name} took {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return figures


def _machine() -> str:
    return (
        f"Measured on {os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL on the same machine"
        " without waiting for the disk; medians of interleaved rounds."
    )


if __name__ == "__main__":
    sys.exit(main([*sys.argv[1:], *shlex.split(os.environ.get("ARGS", ""))]))
