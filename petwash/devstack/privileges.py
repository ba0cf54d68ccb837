"""Running a command as somebody other than root. Standard library only.

PostgreSQL refuses to run as root, yet a container often has nobody else. The command then runs as
`nobody`; where that user could not even reach the files (a checkout below /root), it keeps the one
capability that lets it pass, CAP_DAC_OVERRIDE, and no other.

Run as a program, this file drops the privileges and becomes the command:
    python privileges.py PATHS COMMAND...      (PATHS: what must be reachable, joined by ":")
"""

import ctypes
import os
import pwd
import struct
import sys
from pathlib import Path

UNPRIVILEGED_USER = "nobody"
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


def unprivileged(command: list[str], *needed: Path) -> list[str]:
    """Return the command that runs `command` without root's power; the same one without root.

    `needed` are the paths that it must be able to reach.
    """
    if os.geteuid() != 0:
        return command
    paths = os.pathsep.join(str(path.resolve()) for path in needed)
    return [sys.executable, "-I", __file__, paths, *command]


def give_to_unprivileged(path: Path) -> None:
    """Make the folder and all in it the unprivileged user's; not being root changes nothing."""
    if os.geteuid() != 0:
        return
    account = pwd.getpwnam(UNPRIVILEGED_USER)
    for name in [path, *path.rglob("*")]:
        os.chown(name, account.pw_uid, account.pw_gid, follow_symlinks=False)


def reachable_by_all(path: Path) -> bool:
    """Tell whether every folder above the path lets any user pass through."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def drop_privileges(needed: list[Path]) -> None:
    """Stop being root, for good; keep file access only where `needed` asks for it.

    Raises: OSError when the kernel refuses.
    """
    account = pwd.getpwnam(UNPRIVILEGED_USER)
    libc = None if all(map(reachable_by_all, needed)) else ctypes.CDLL(None, use_errno=True)
    if libc is not None:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    if libc is not None:
        _keep_file_access(libc)


def _keep_file_access(libc: ctypes.CDLL) -> None:
    """Hold CAP_DAC_OVERRIDE alone, across exec (capabilities(7), ambient set)."""
    bit = 1 << _CAP_DAC_OVERRIDE
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
    sets = ctypes.create_string_buffer(struct.pack("=6I", bit, bit, bit, 0, 0, 0))
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "cannot keep access to a folder that only root enters")
    if libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot keep access to a folder that only root enters")


if __name__ == "__main__":
    drop_privileges([Path(name) for name in sys.argv[1].split(os.pathsep)])
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  the whole purpose: become the command
