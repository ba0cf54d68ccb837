"""The folder of one copy of PetWash: its data, its secrets, its lock."""

import base64
import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "JWT_SIGNING_KEY": lambda: secrets.token_urlsafe(50),
    "FIELD_ENCRYPTION_KEYS": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "STATION_SIGNING_KEY": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "BAY_TOKEN_KEY": lambda: secrets.token_urlsafe(50),
    "STRIPE_API_KEY": lambda: f"sk_test_{secrets.token_hex(16)}",
    "STRIPE_WEBHOOK_SECRET": lambda: f"whsec_{secrets.token_hex(24)}",
    "VETTING_API_KEY": lambda: secrets.token_hex(24),
    "VETTING_WEBHOOK_SECRET": lambda: secrets.token_hex(24),
    "DEMO_PASSWORD": lambda: f"wash-{secrets.token_hex(3)}-{secrets.token_hex(3)}",
    "POSTGRES_PASSWORD": lambda: secrets.token_hex(24),
    "OWNER_PASSWORD": lambda: secrets.token_hex(24),
    "APP_PASSWORD": lambda: secrets.token_hex(24),
    "REDIS_PASSWORD": lambda: secrets.token_hex(24),
    "MQTT_PASSWORD": lambda: secrets.token_hex(24),
}


class AlreadyRunningError(RuntimeError):
    """Another run holds this folder; the message says which."""


class Home:
    """Where one copy keeps everything; nothing of it leaves the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()

    def create(self) -> None:
        """Make the folders. As root, others may pass through: PostgreSQL runs as another user."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for name in ("secrets", "mail", "stations", "logs", "mqtt"):
            (self.path / name).mkdir(exist_ok=True, mode=0o700)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one run.

        A record lock: unlike flock it is not inherited, so it ends with this very process.
        Raises: AlreadyRunningError.
        """
        with (self.path / "run.lock").open("a+") as lock:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.seek(0)
                raise AlreadyRunningError(
                    f"PetWash already runs on {self.path} (process {lock.read().strip() or '?'}): "
                    "stop it first, or choose another PETWASH_HOME and PORT."
                ) from error
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def secret(self, name: str) -> str:
        """Return a secret of this copy, drawn at its first use and kept for its owner alone."""
        path = self.path / "secrets" / name
        if not path.exists():
            draft = path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(SECRETS[name]())
            draft.replace(path)
        return path.read_text()

    @property
    def demo_file(self) -> Path:
        """What the demo's seed writes: its accounts."""
        return self.path / "demo.json"

    @property
    def env_file(self) -> Path:
        """The variables of the running copy, KEY=value, for tools that connect to it."""
        return self.path / "env"

    def log(self, name: str) -> Path:
        """The log of one embedded server."""
        return self.path / "logs" / f"{name}.log"
