"""`make demo`: a copy of PetWash of its own, the demonstration against it, and its verdict.

What stands in ARGS goes to `manage.py demo`, as in: make demo ARGS="--stays 25 --washes 50 --seed 7".
"""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from petwash.devstack import environment
from petwash.devstack.ports import free_port
from petwash.devstack.programs import REPOSITORY, manage

START_SECONDS = 300.0
STOP_SECONDS = 30.0
_SIMULATION = "--speed 120 --refill-after 5 --canister-ml 1000"  # nobody watches; many washes fit


def main(arguments: list[str]) -> int:
    """Return the demonstration's exit status; 2 when the copy does not start."""
    with tempfile.TemporaryDirectory(prefix="petwash-demo-") as folder:
        home, log = Path(folder) / "home", Path(folder) / "log"
        print("petwash: starting a copy of its own for the demonstration ...", flush=True)
        with log.open("wb") as output:
            run = _start(home, output.fileno())
        try:
            if not _wait_ready(run, log):
                print(log.read_text(errors="replace")[-6000:], file=sys.stderr)
                return 2
            variables = {**os.environ, **environment.read(home / "env")}
            return subprocess.call(manage("demo", *arguments), cwd=REPOSITORY, env=variables)
        except KeyboardInterrupt:
            return 130
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(STOP_SECONDS)


def _start(home: Path, output: int) -> "subprocess.Popen[bytes]":
    given = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
    return subprocess.Popen(
        [sys.executable, "-m", "petwash.devstack.run"],
        cwd=REPOSITORY,
        env={"PETWASH_SIMULATION": _SIMULATION, **given, "PORT": str(free_port()), "PETWASH_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,  # a Ctrl-C is for us; we stop the copy after the demonstration
    )


def _wait_ready(run: "subprocess.Popen[bytes]", log: Path) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while "PetWash is running" not in log.read_text(errors="replace"):
        if run.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(shlex.split(os.environ.get("ARGS", ""))))
