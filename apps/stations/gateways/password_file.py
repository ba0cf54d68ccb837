"""The broker's password file, in Mosquitto's `$7$` format (PBKDF2-HMAC-SHA512).

Pure and without Django, because the embedded broker of the development stack reads the same file.
Source of the format: mosquitto_passwd(1), `$7$<iterations>$<salt, base64>$<hash, base64>`.
"""

import base64
import fcntl
import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

ITERATIONS = 20_000
SALT_BYTES = 12  # Mosquitto 2.0 accepts no other length
HASH_BYTES = 64


def hash_password(password: str) -> str:
    """Return the `$7$` entry for a password, with a fresh salt."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, HASH_BYTES)
    return f"$7${ITERATIONS}${_encode(salt)}${_encode(digest)}"


def verify_password(password: str, entry: str) -> bool:
    """Tell whether the password matches a `$7$` entry; a malformed entry matches nothing."""
    parts = entry.split("$")
    if len(parts) != 5 or parts[1] != "7" or not parts[2].isdigit():
        return False
    try:
        salt, expected = base64.b64decode(parts[3]), base64.b64decode(parts[4])
    except ValueError:
        return False
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, int(parts[2]), len(expected))
    return hmac.compare_digest(digest, expected)


class PasswordFile:
    """The users of the broker; each change rewrites the file atomically under a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> dict[str, str]:
        """Return `{user: entry}`; an absent file has no users."""
        if not self.path.exists():
            return {}
        lines = self.path.read_text().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def set(self, username: str, password: str) -> None:
        """Add the user or replace its password.

        Raises: ValueError when the name could break the file's syntax.
        """
        if not username or any(sign in username for sign in ":\n\r"):
            raise ValueError("A broker user name must not be empty or hold a colon or a newline.")
        entry = hash_password(password)
        self._rewrite(lambda users: users | {username: entry})

    def revoke(self, username: str) -> None:
        """Remove the user; removing an absent one changes nothing."""
        self._rewrite(lambda users: {name: e for name, e in users.items() if name != username})

    def _rewrite(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            text = "".join(f"{name}:{entry}\n" for name, entry in change(self.entries()).items())
            draft = self.path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(text)
            draft.replace(self.path)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
