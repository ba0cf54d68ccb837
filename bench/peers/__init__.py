"""Other people's software, doing the same work in a process and an environment of its own."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
HOME = Path(os.environ.get("PETWASH_BENCH_PEERS", Path.home() / ".cache" / "petwash-bench"))


class PeerUnavailableError(RuntimeError):
    """The peer cannot be installed or does not run here; the message says why."""


class Peer:
    """A running peer: one line in, a number of items to do; one line out, the seconds it took."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, items: int) -> float:
        """Do the work once and return its seconds. Raises: PeerUnavailableError when it ended instead."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{items}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise PeerUnavailableError(self._last_words()) from None
        line = self._process.stdout.readline()
        if not line:
            raise PeerUnavailableError(self._last_words())
        return float(json.loads(line)["seconds"])

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.read()[-2000:].strip() or "the peer ended without a word"


@contextmanager
def peer(module: str, *arguments: str) -> Iterator[Peer]:
    """Run `bench/peers/<module>.py` in the peers' environment. Raises: PeerUnavailableError."""
    script = Path(__file__).resolve().parent / f"{module}.py"
    process = subprocess.Popen(
        [str(environment()), str(script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONWARNINGS": "ignore"},
    )
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.communicate()


def environment() -> Path:
    """Return the Python of the peers' environment, made and filled when it is not there yet.

    Raises: PeerUnavailableError.
    """
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:16]
    venv = HOME / wanted
    python = venv / "bin" / "python"
    if not (venv / "ready").exists():
        _succeed([sys.executable, "-m", "venv", "--clear", str(venv)])
        _succeed([str(python), "-m", "pip", "install", "--quiet", "--no-input", "-r", str(REQUIREMENTS)])
        (venv / "ready").touch()
    return python


def _succeed(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise PeerUnavailableError((done.stderr or done.stdout).strip() or f"{command[0]} failed")
