"""A copy of PetWash that runs for a test, started as a person starts it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from petwash.devstack import environment
from petwash.devstack.ports import free_port
from petwash.devstack.processes import running
from petwash.devstack.programs import REPOSITORY

READY_SECONDS = 240.0
STOP_SECONDS = 15.0  # the promise
_OURS = ("PETWASH_", "DATABASE_", "REDIS_URL", "MQTT_", "DJANGO_", "TEST_", "PYTEST_", "MAKELEVEL")


class Copy:
    """One home, one port, and the present run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.output = home.with_suffix(".out")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Copy":
        """Start a run and do not wait."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "petwash.devstack.run"],
                cwd=REPOSITORY,
                env={**inherited, "PORT": str(self.port), "PETWASH_HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait_ready(self) -> "Copy":
        """Wait for the table, which comes when all is well."""
        deadline = time.monotonic() + READY_SECONDS
        while "PetWash is running" not in self.said():
            assert self._run.poll() is None, self.said()[-6000:]
            assert time.monotonic() < deadline, self.said()[-6000:]
            time.sleep(0.2)
        return self

    def said(self) -> str:
        """Return what the run has printed."""
        return self.output.read_text(errors="replace")

    def send(self, number: signal.Signals) -> int:
        """Send a signal to the run and return its exit status; it must end within its promise."""
        self._run.send_signal(number)
        return self.wait_end()

    def wait_end(self) -> int:
        """Return the exit status of a run that is about to end."""
        return self._run.wait(STOP_SECONDS)

    def status(self) -> int:
        """Return the HTTP status of the status page."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/status") as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def variables(self) -> dict[str, str]:
        """Return what the run wrote for tools."""
        return environment.read(self.home / "env")

    def left_over(self) -> list[str]:
        """Return the command lines of live processes that belong to this home."""
        mark = str(self.home)
        return [p.command for p in running() if mark in p.command or mark in _environment(p.pid)]

    @property
    def _run(self) -> "subprocess.Popen[bytes]":
        assert self.process is not None
        return self.process


@contextlib.contextmanager
def copies(folder: Path, *names: str) -> Iterator[list[Copy]]:
    """Some copies; whatever the test did to them, nothing of them runs on."""
    made = [Copy(folder / name) for name in names]
    try:
        yield made
    finally:
        for copy in made:
            if copy.process is not None and copy.process.poll() is None:
                copy.process.kill()
                copy.process.wait()
            for process in running():
                if str(copy.home) in process.command or str(copy.home) in _environment(process.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process.pid, signal.SIGKILL)


def _environment(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return ""
