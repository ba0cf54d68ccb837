"""`make run`: the whole company on one machine, for development and demonstration."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from petwash.devstack import environment
from petwash.devstack.home import AlreadyRunningError, Home
from petwash.devstack.ports import is_free
from petwash.devstack.processes import ProcessBook
from petwash.devstack.programs import REPOSITORY, manage, programs
from petwash.devstack.server import ServerStartError
from petwash.devstack.servers import Servers
from petwash.devstack.supervisor import Supervisor
from petwash.devstack.table import ready_table

READY_SECONDS = 180.0
_TICK_SECONDS = 0.5


class StartError(RuntimeError):
    """The copy cannot run; the message is one sentence with the remedy."""


class StopRequestedError(Exception):
    """Somebody asked the run to end."""


def main() -> int:
    """Run until Ctrl-C or SIGTERM; return the exit status."""
    os.umask(0o077)  # what this copy writes is its owner's alone
    home = Home(Path(os.environ.get("PETWASH_HOME") or REPOSITORY / ".petwash"))
    try:
        port = _port()
        home.create()
        with home.lock():
            return Run(home, port).serve()
    except (StartError, AlreadyRunningError, ServerStartError) as error:
        print(f"petwash: {error}", file=sys.stderr)
        return 1


class Run:
    """One run of one copy."""

    def __init__(self, home: Home, port: int) -> None:
        self._home = home
        self._port = port
        self._book = ProcessBook(home.path / "processes.json")
        self._servers = Servers(home, os.environ, self._book, say)
        self._variables: dict[str, str] = {}
        self._supervisor: Supervisor | None = None
        self._parent = os.getppid() if "MAKELEVEL" in os.environ else 0

    def serve(self) -> int:
        """Start everything, wait for the end, and stop everything, come what may."""
        self._clear_the_way()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _request_stop)
        try:
            self._start()
            self._wait_until_ready()
            self._play_first_stay()
            print(ready_table(self._url(), self._home.demo_file, self._home.env_file), flush=True)
            while True:
                self._tick()
        except StopRequestedError:
            return 0
        finally:
            self._stop()

    def _clear_the_way(self) -> None:
        for name in self._book.end_all():
            say(f"ended {name}, left over from a run that was killed")
        if not is_free(self._port):
            raise StartError(
                f"port {self._port} is taken: stop what uses it, or choose another one, "
                f"as in: make run PORT={self._port + 1}"
            )

    def _start(self) -> None:
        self._variables = environment.compose(self._home, self._port, self._servers.start())
        environment.write(self._home.env_file, self._variables)
        self._manage("migrating the database", "migrate", "--noinput", as_owner=True)
        if not self._home.demo_file.exists():
            stations = os.environ.get("PETWASH_DEMO_STATIONS") or "2"
            self._manage("writing the demonstration's data", "seed_demo", "--stations", stations)
        self._supervisor = Supervisor(self._variables, self._book)
        self._supervisor.start(programs(self._home.path, self._port))

    def _manage(self, what: str, *arguments: str, as_owner: bool = False) -> None:
        say(f"{what} ...")
        role = {"PETWASH_AS_OWNER": "yes"} if as_owner else {}
        done = subprocess.run(
            manage(*arguments),
            env={**os.environ, **self._variables, **role},
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StartError(f"{what} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")

    def _wait_until_ready(self) -> None:
        say("waiting until all is well ...")
        deadline = time.monotonic() + READY_SECONDS
        while (status := _health(self._url())) is not None:
            if time.monotonic() > deadline:
                raise StartError(f"not well after {READY_SECONDS:.0f} s: {status}")
            self._tick()

    def _play_first_stay(self) -> None:
        """Once, through the API: a vetted sitter and a paid stay, so that nobody starts with nothing."""
        done = self._home.path / "first-stay"
        if done.exists():
            return
        try:
            self._manage("playing a first stay", "seed_demo", "--live")
        except StartError as error:
            say(f"everything runs, but the first stay could not be played: {error}")
        else:
            done.touch()

    def _tick(self) -> None:
        time.sleep(_TICK_SECONDS)
        if self._parent and os.getppid() != self._parent:
            raise StopRequestedError  # make was killed; nobody is left to send us a signal
        dead = self._servers.dead()
        if dead:
            raise StartError(f"{dead} ended by itself; see {self._home.path / 'logs'}.")
        hopeless = self._supervisor.tend() if self._supervisor else None
        if hopeless:
            raise StartError(f"{hopeless} keeps ending; its last words stand above.")

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        say("stopping ...")
        if self._supervisor is not None:
            self._supervisor.stop()
        self._servers.stop()
        self._book.end_all()
        say("stopped.")

    def _url(self) -> str:
        return f"http://127.0.0.1:{self._port}"


def say(sentence: str) -> None:
    """Tell the person at the terminal, at once."""
    print(f"petwash: {sentence}", flush=True)


def _port() -> int:
    text = os.environ.get("PORT") or str(environment.DEFAULT_PORT)
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise StartError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _health(url: str) -> str | None:
    """Return what is not well yet, or None when all is."""
    try:
        with urllib.request.urlopen(f"{url}/health/status", timeout=5):  # noqa: S310  our own address
            return None
    except urllib.error.HTTPError as error:
        return error.read().decode(errors="replace")[:1000]
    except OSError as error:
        return str(error)


def _request_stop(number: int, frame: FrameType | None) -> None:
    raise StopRequestedError


if __name__ == "__main__":
    sys.exit(main())
