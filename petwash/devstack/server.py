"""A server process on a leash: started, waited for, stopped."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from petwash.devstack import leash

START_SECONDS = 30.0
_TAIL_CHARACTERS = 1500


Record = Callable[[int], None]


def ignore(group: int) -> None:
    """Record nothing: what a test run starts needs no cleaning up by the next one."""


class ServerStartError(RuntimeError):
    """The server ended or stayed silent; the message holds the end of its log."""


class LeashedServer:
    """One embedded server; it ends with this process, however this process ends."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        log: Path,
        stop_signal: str = "SIGTERM",
        patience: float = 8.0,
        remove: Path | None = None,
        cwd: Path = Path("/"),
    ) -> None:
        self.name = name
        self.log = log
        self._cwd = cwd
        self._patience = patience
        self._command = [
            sys.executable,
            "-I",
            leash.__file__,
            stop_signal,
            str(patience),
            str(remove) if remove else "-",
            *command,
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, is_ready: Callable[[], bool], record: Record = ignore) -> None:
        """Start the server and wait until it answers; `record` learns its process group at once.

        Raises: ServerStartError.
        """
        with self.log.open("ab") as output:
            self._process = self._spawn(output)
        record(self._process.pid)
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerStartError(f"{self.name} did not start.\n{self._last_words()}")
            time.sleep(0.03)

    def stop(self) -> None:
        """Stop the server and wait for its end; stopping twice changes nothing."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        self._process.wait(timeout=self._patience + 5)

    def is_running(self) -> bool:
        """Tell whether the server still runs."""
        return self._process is not None and self._process.poll() is None

    def _spawn(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=self._cwd,
        )

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-_TAIL_CHARACTERS:]
