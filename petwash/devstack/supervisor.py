"""Runs the programs of a copy side by side, shows what they say, and ends them together."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO

from petwash.devstack.processes import ProcessBook
from petwash.devstack.programs import REPOSITORY, Program

STOP_SECONDS = 6.0
RESTART_SECONDS = 2.0
_RESTARTS = 5
_RESTARTS_WITHIN_SECONDS = 60.0
_CALM = {
    "PYTHONUNBUFFERED": "1",
    # Celery warns of root, WhiteNoise of a folder that only production has.
    "PYTHONWARNINGS": "ignore::RuntimeWarning,ignore::UserWarning",
}
_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


@dataclass
class Child:
    """A program and its present process."""

    program: Program
    prefix: str
    process: subprocess.Popen[bytes]
    ended_at: list[float] = field(default_factory=list)

    def gives_up(self) -> bool:
        """Tell whether the program ended too often to try again."""
        recent = [at for at in self.ended_at if time.monotonic() - at < _RESTARTS_WITHIN_SECONDS]
        return len(recent) >= _RESTARTS


class Supervisor:
    """Starts programs again when they end by themselves, a few times; each has its own group."""

    def __init__(self, environment: Mapping[str, str], book: ProcessBook) -> None:
        self._environment = {**os.environ, **environment, **_CALM}
        self._book = book
        self._children: list[Child] = []
        self._printing = threading.Lock()

    def start(self, programs: Iterable[Program]) -> None:
        """Start the programs; what they say goes to standard output behind their names."""
        wanted = list(programs)
        width = max(len(program.name) for program in wanted)
        for number, program in enumerate(wanted):
            prefix = _prefix(program.name.ljust(width), _COLOURS[number % len(_COLOURS)])
            self._children.append(Child(program, prefix, self._spawn(program, prefix)))

    def tend(self) -> str | None:
        """Start again what ended; return the name of a program that ended too often."""
        for child in self._children:
            status = child.process.poll()
            if status is None:
                continue
            child.ended_at.append(time.monotonic())
            if child.gives_up():
                return child.program.name
            self._show(child.prefix, f"ended with status {status}; starting it again")
            time.sleep(RESTART_SECONDS)
            child.process = self._spawn(child.program, child.prefix)
        return None

    def stop(self) -> None:
        """Ask all to end, and end whole groups of those that have not within STOP_SECONDS."""
        for child in self._children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._show(child.prefix, "does not end; killed")
            _kill_group(child.process)
        self._children.clear()

    def _spawn(self, program: Program, prefix: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            program.command,
            env=self._environment,
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C at the terminal is for us alone
        )
        self._book.record(program.name, process.pid, " ".join(program.command))
        assert process.stdout is not None
        threading.Thread(target=self._relay, args=(prefix, process.stdout), daemon=True).start()
        return process

    def _relay(self, prefix: str, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self._show(prefix, line.decode(errors="replace").rstrip())

    def _show(self, prefix: str, line: str) -> None:
        with self._printing:
            print(f"{prefix} {line}", flush=True)


def _prefix(name: str, colour: int) -> str:
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        return f"\033[{colour}m{name} |\033[0m"
    return f"{name} |"


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group, the children of a program that has ended among it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
