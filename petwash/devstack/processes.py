"""Which processes a run started, and how to find and end those that outlived it.

A process is ours when its group was recorded and its command line shows a recorded sign: a number
alone may belong to somebody else by now.
"""

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PATIENCE_SECONDS = 5.0
_PROC = Path("/proc")


@dataclass(frozen=True)
class Started:
    """A process group that a run started, and what its command lines contain."""

    name: str
    group: int
    signs: list[str]
    stop_signal: str = "SIGTERM"


@dataclass(frozen=True)
class Running:
    """A live process."""

    pid: int
    group: int
    command: str


class ProcessBook:
    """The record of a run, on disk, so that the next start can clean up after a crash."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._started: dict[str, Started] = {}

    def record(self, name: str, group: int, *signs: str, stop_signal: str = "SIGTERM") -> None:
        """Write down a process group; a later one of the same name takes its place."""
        self._started[name] = Started(name, group, list(signs), stop_signal)
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps([asdict(entry) for entry in self._started.values()]))
        draft.replace(self._path)

    def end_all(self) -> list[str]:
        """End every recorded process that still lives; return the names of those that did."""
        entries = self._read()
        alive = ours(entries)
        wishes = {entry.group: signal.Signals[entry.stop_signal] for entry in entries}
        for process in alive:
            _send(process.pid, wishes[process.group])
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (left := ours(entries)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in left:
            _send(process.pid, signal.SIGKILL)
        while ours(entries) and time.monotonic() < deadline + PATIENCE_SECONDS:
            time.sleep(0.05)
        self._path.unlink(missing_ok=True)
        groups = {process.group for process in alive}
        return [entry.name for entry in entries if entry.group in groups]

    def _read(self) -> list[Started]:
        try:
            return [Started(**entry) for entry in json.loads(self._path.read_text())]
        except (OSError, ValueError, TypeError):
            return []


def ours(entries: list[Started]) -> list[Running]:
    """Return the live processes that belong to the entries."""
    signs = {entry.group: entry.signs for entry in entries}
    return [process for process in running() if any(sign in process.command for sign in signs.get(process.group, []))]


def running() -> list[Running]:
    """Return every live process of this machine that we may see; zombies are not live."""
    return _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()


def command_of(pid: int) -> str:
    """Return the command line of a live process, or nothing."""
    return next((process.command for process in running() if process.pid == pid), "")


def _from_proc() -> list[Running]:
    found = []
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state, _parent, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if state != "Z":
            found.append(Running(int(folder.name), int(group), command.strip()))
    return found


def _from_ps() -> list[Running]:
    """For systems without /proc."""
    lines = subprocess.run(
        ["ps", "-axo", "pid=,pgid=,stat=,command="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    parts = [line.split(None, 3) for line in lines]
    return [Running(int(part[0]), int(part[1]), part[3]) for part in parts if len(part) == 4 and "Z" not in part[2]]


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
