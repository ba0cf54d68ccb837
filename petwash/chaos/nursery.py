"""Starts the workers by fork, from one process that has loaded everything, and replaces the dead.

A worker is a real process with connections of its own; only the loading is shared, so that a hundred
deaths do not cost a hundred starts. The nursery itself has one thread and no connection.

It reads lines from its standard input: `kill NAME`, `stop NAME` (until somebody resumes it), `halt`
(kill all, start none), `go`. When the input ends, so do the workers and the nursery.
"""

import contextlib
import gc
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from petwash.chaos.diary import Diary

TICK_SECONDS = 0.02
Work = Callable[[str], None]


class Nursery:
    """The workers by name, and what keeps them alive."""

    def __init__(self, folder: Path, work: dict[str, Work]) -> None:
        self._folder, self._work = folder, work
        self._diary = Diary(folder / "diary")
        self._alive: dict[int, str] = {}
        self._running = False

    def serve(self) -> None:
        """Keep every worker alive until the input ends."""
        buffered = b""
        while True:
            if self._running:
                self._start_missing()
            ready, _, _ = select.select([0], [], [], TICK_SECONDS)
            if ready:
                read = os.read(0, 4096)
                if not read:
                    break
                *lines, buffered = (buffered + read).split(b"\n")
                for line in lines:
                    self._obey(line.decode().split())
            self._bury()
        self._kill(set(self._alive.values()))

    def _obey(self, words: list[str]) -> None:
        match words:
            case ["kill", name]:
                self._kill({name})
            case ["stop", name]:
                self._stop(name)
            case ["halt"]:
                self._running = False
                self._kill(set(self._alive.values()))
                while self._alive:
                    self._bury()
                    time.sleep(0.002)
                self._diary.note("halted")
            case ["go"]:
                self._running = True

    def _kill(self, names: set[str]) -> None:
        for pid, name in self._alive.items():
            if name in names:
                os.kill(pid, signal.SIGKILL)

    def _stop(self, name: str) -> None:
        for pid, known in self._alive.items():
            if known == name:
                os.kill(pid, signal.SIGSTOP)
                self._diary.note("sent", signal="SIGSTOP", pid=pid)

    def _bury(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = found
                name = self._alive.pop(pid)
                killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
                self._diary.note("killed" if killed else "ended", worker=name, pid=pid, status=status)

    def _start_missing(self) -> None:
        for name in self._work.keys() - set(self._alive.values()):
            pid = os.fork()
            if pid == 0:
                self._become(name)
            self._alive[pid] = name

    def _become(self, name: str) -> None:
        """Be the worker until it ends, and never return into the nursery's loop."""
        status = 1
        try:
            with (self._folder / "logs" / f"{name}.log").open("ab") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            with Path(os.devnull).open() as nothing:
                os.dup2(nothing.fileno(), 0)
            end_with_parent()
            self._work[name](name)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)


def end_with_parent() -> None:
    """Ask the kernel to end this process when the nursery dies; where it cannot, work loops look."""
    if sys.platform == "linux":
        import ctypes

        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def rear(load: Callable[[], dict[str, Work]], sabotage: Callable[[str], None]) -> None:
    """Load everything once with Django set up, break what is to be broken, then serve."""
    import django

    django.setup()
    folder = Path(os.environ["PETWASH_HOME"])
    work = load()
    sabotage(os.environ.get("PETWASH_CHAOS_SABOTEUR", ""))
    gc.collect()
    gc.freeze()
    Diary(folder / "diary").note("nursery_ready", pid=os.getpid())
    Nursery(folder, work).serve()


def main() -> None:
    """Serve the workers of the money run."""
    from petwash.chaos.saboteurs import sabotage

    def load() -> dict[str, Work]:
        from petwash.chaos.plan import Plan
        from petwash.chaos.workers import roster

        return roster(Plan.load())

    rear(load, sabotage)


if __name__ == "__main__":
    main()
