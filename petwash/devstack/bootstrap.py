"""Makes the virtual environment, installs the pinned requirements, then becomes the command.

Run by whatever `python3` the machine has, so: standard library only, and syntax that an old Python
still reads far enough to say that it is too old.

    python3 petwash/devstack/bootstrap.py ARGUMENTS OF .venv/bin/python...
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

OLDEST = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3", "python3.14")
ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "requirements.sha256"
REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "requirements-dev.txt")
QUIETLY = ("--disable-pip-version-check", "--no-input")
_PROBE = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


def main() -> None:
    """Prepare the environment and become the command; exit 1 with one sentence when impossible."""
    with lock_path().open("w") as lock:
        wait_for(lock)
        wanted = fingerprint()
        if not is_current(wanted):
            install(wanted)
    os.execv(str(PYTHON), [str(PYTHON), *sys.argv[1:]])  # noqa: S606  its whole purpose


def lock_path() -> Path:
    """Return one lock a checkout and user, so that two starts do not install at once."""
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"petwash-{os.getuid()}-{checkout}.lock"


def wait_for(lock: IO[str]) -> None:
    """Hold the lock; say so when somebody else installs."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("another start is installing; waiting for it ...")
        fcntl.flock(lock, fcntl.LOCK_EX)


def fingerprint() -> str:
    """Return a hash of what is to be installed."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in REQUIREMENTS)).hexdigest()


def is_current(wanted: str) -> bool:
    """Tell whether the environment works and holds exactly what is wanted."""
    if not (STAMP.exists() and PYTHON.exists()) or STAMP.read_text() != wanted:
        return False
    return subprocess.call([str(PYTHON), "-c", ""]) == 0


def install(wanted: str) -> None:
    """Create .venv with the best Python here and install the pinned requirements."""
    python = best_python()
    say(f"creating .venv with Python {version_of(python)} ...")
    if subprocess.call([python, "-m", "venv", "--clear", str(VENV)]) != 0:
        raise refusal("the virtual environment .venv could not be created; the reason stands above.")
    say("installing the pinned requirements (once; half a minute, or some minutes on a slow line) ...")
    if not (install_fast() or install_slowly()):
        raise refusal("the requirements could not be installed; the reason stands above. Start again.")
    STAMP.write_text(wanted)
    say("installed.")


def install_fast() -> bool:
    """Install with uv, itself installed as pinned; false where that does not work."""
    uv = VENV / "bin" / "uv"
    steps = (
        [str(PYTHON), "-m", "pip", "install", "--quiet", *QUIETLY, "--constraint", str(REQUIREMENTS[1]), "uv"],
        [str(uv), "pip", "install", "--python", str(PYTHON), *_requirements()],
    )
    try:
        return all(subprocess.call(step) == 0 for step in steps)
    except OSError:  # no uv for this machine
        return False


def install_slowly() -> bool:
    """Install with pip, which every environment has and which knows the machine's own settings."""
    return subprocess.call([str(PYTHON), "-m", "pip", "install", *QUIETLY, *_requirements()]) == 0


def _requirements() -> "list[str]":
    return [word for path in REQUIREMENTS for word in ("-r", str(path))]


def best_python() -> str:
    """Return the newest Python here that is new enough and can make virtual environments."""
    seen = set()
    for name in CANDIDATES:
        program = sys.executable if name == "python3" else shutil.which(name)
        version = version_of(program) if program else ""
        if program and version and tuple(map(int, version.split("."))) >= OLDEST:
            return program
        seen.add(version)
    too_old = ", ".join(sorted(seen - {""}))
    if sys.version_info >= OLDEST or not too_old:
        raise refusal(
            "this Python cannot make virtual environments: install its venv module "
            "(on Debian and Ubuntu: python3-venv)."
        )
    oldest = ".".join(map(str, OLDEST))
    raise refusal(f"Python {oldest} or newer is needed, and here is only {too_old}: install a newer one.")


def version_of(program: str) -> str:
    """Return the version of a Python that can make virtual environments, else nothing."""
    try:
        output = subprocess.check_output([program, "-c", _PROBE], stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return output.decode().strip()


def say(sentence: str) -> None:
    """Tell the person at the terminal, at once."""
    print(f"petwash: {sentence}", flush=True)


def refusal(sentence: str) -> SystemExit:
    """Return what ends the program with one sentence and status 1."""
    return SystemExit(f"petwash: {sentence}")


if __name__ == "__main__":
    main()
