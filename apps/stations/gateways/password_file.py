"""The broker's users: its password file, and beside it the access list that follows from who is in it.

Passwords are in Mosquitto's `$7$` format (PBKDF2-HMAC-SHA512). Without Django, because the embedded
broker of the development stack reads the same files.
Source of the format: mosquitto_passwd(1), `$7$<iterations>$<salt, base64>$<hash, base64>`.
"""

import base64
import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from apps.stations.protocol.access import access_list, is_user

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
    """The users of the broker. Each change writes both files, each at once and readable by its owner alone.

    They are written under a lock, and the access list first: whoever looks at the passwords and finds
    them changed finds the access list that belongs to them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.acl_path = path.with_name("acl")

    def entries(self) -> dict[str, str]:
        """Return `{user: entry}`; an absent file has no users."""
        if not self.path.exists():
            return {}
        lines = self.path.read_text().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def set(self, username: str, password: str) -> None:
        """Add the user or replace its password. Raises: as `put`."""
        self.put(username, hash_password(password))

    def put(self, username: str, entry: str) -> None:
        """Add the user or replace its entry, as `hash_password` makes it.

        Raises: ValueError when the name is no user's: it could break the files' syntax.
        """
        if not is_user(username):
            raise ValueError("A broker user is named like a station: lower-case letters, digits and inner hyphens.")
        self.rewrite(lambda users: users | {username: entry})

    def revoke(self, username: str) -> None:
        """Remove the user; removing an absent one changes nothing."""
        self.rewrite(lambda users: {name: e for name, e in users.items() if name != username})

    def rewrite(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Replace the users by what `change` makes of those of now; it is called under the lock."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            users = change(self.entries())
            listed, secret = access_list(users), password_lines(users)
            _replace(self.acl_path, listed)
            _replace(self.path, secret)

    def differs_from(self, users: dict[str, str]) -> bool:
        """Tell whether one of the files is missing, open to others, or not what these users make of it."""
        wanted = {self.path: password_lines(users), self.acl_path: access_list(users)}
        return any(not _holds(path, text) for path, text in wanted.items())


def password_lines(users: dict[str, str]) -> str:
    """Return the password file's text, in a stable order."""
    return "".join(f"{name}:{entry}\n" for name, entry in sorted(users.items()))


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.stat().st_mode & 0o077 == 0 and path.read_text() == text


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)  # a crash may have left it
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
