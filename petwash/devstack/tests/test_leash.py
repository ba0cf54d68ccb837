"""A server never outlives the process that started it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from petwash.devstack import leash
from petwash.devstack.processes import ProcessBook, running
from petwash.devstack.programs import REPOSITORY
from petwash.devstack.server import LeashedServer, ServerStartError

STARTER = """
import os, pathlib, signal, sys
from petwash.devstack.server import LeashedServer
folder = pathlib.Path(sys.argv[1])
server = LeashedServer("sleeper", ["sleep", "61.5"], log=folder / "log", remove=folder)
server.start(lambda: True)
print("started", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
PATIENCE = 10.0


def gone(sign: str) -> bool:
    """Wait until no live process shows the sign."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not any(sign in process.command for process in running()):
            return True
        time.sleep(0.05)
    return False


def test_a_server_ends_and_its_folder_goes_when_the_starter_is_killed(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    starter = subprocess.run(
        [sys.executable, "-c", STARTER, str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (starter.stdout, starter.returncode) == ("started\n", -signal.SIGKILL)
    assert gone("sleep 61.5")
    assert gone(str(folder))
    assert not folder.exists()


def test_a_server_that_ignores_its_signal_is_killed(tmp_path):
    stubborn = [sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(62.5)"]
    server = LeashedServer("stubborn", stubborn, log=tmp_path / "log", patience=0.3)
    server.start(lambda: any("sleep(62.5)" in process.command for process in running()))
    server.stop()
    assert not server.is_running()
    assert gone("sleep(62.5)")


def test_a_server_that_cannot_start_says_why(tmp_path):
    broken = [sys.executable, "-c", "raise SystemExit('the disk is on fire')"]
    server = LeashedServer("broken", broken, log=tmp_path / "log")
    with pytest.raises(ServerStartError, match=r"(?s)broken did not start.*the disk is on fire"):
        server.start(lambda: False)


def test_the_leash_needs_nothing_of_the_project():
    """It runs isolated, so that it outlives a broken virtual environment."""
    assert "import petwash" not in Path(leash.__file__).read_text()


def test_the_book_ends_what_it_recorded_and_nobody_else(tmp_path):
    """A number alone may belong to somebody else by now: the command line must fit as well."""
    ours = subprocess.Popen(["sleep", "63.5"], start_new_session=True)
    innocent = subprocess.Popen(["sleep", "64.5"], start_new_session=True)
    book = ProcessBook(tmp_path / "processes.json")
    book.record("ours", ours.pid, "sleep 63.5")
    book.record("reused number", innocent.pid, "uvicorn petwash")
    try:
        assert ProcessBook(tmp_path / "processes.json").end_all() == ["ours"]
        assert ours.wait(PATIENCE) == -signal.SIGTERM
        assert innocent.poll() is None
        assert ProcessBook(tmp_path / "processes.json").end_all() == []
    finally:
        innocent.kill()
        innocent.wait()
