"""Accounts of stations at the broker: its files, and the broker told to read them again."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Self

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.stations.gateways.password_file import PasswordFile

log = structlog.get_logger(__name__)


class BrokerAccounts:
    """Writes and revokes the credential of one station, or of all."""

    def __init__(self, passwords: PasswordFile, pid_file: Path | None) -> None:
        self._passwords = passwords
        self._pid_file = pid_file

    @classmethod
    def from_settings(cls, folder: Path | None = None) -> Self:
        """Return the accounts of the configured broker, or files in a folder that nobody is told of.

        Raises: ImproperlyConfigured without MQTT_PASSWORD_FILE.
        """
        if folder is not None:
            return cls(PasswordFile(folder / "passwords"), None)
        if not settings.MQTT_PASSWORD_FILE:
            raise ImproperlyConfigured(
                "MQTT_PASSWORD_FILE is not set: it names the broker's password file, "
                "which stations' credentials are written to."
            )
        pid_file = Path(settings.MQTT_PID_FILE) if settings.MQTT_PID_FILE else None
        return cls(PasswordFile(Path(settings.MQTT_PASSWORD_FILE)), pid_file)

    def put(self, username: str, entry: str) -> None:
        """Let the station in with the password of this hash alone."""
        self._passwords.put(username, entry)
        self._reload()

    def revoke(self, username: str) -> None:
        """Lock the station out; Mosquitto drops it when it reads the file again."""
        self._passwords.revoke(username)
        self._reload()

    def entries(self) -> dict[str, str]:
        """Return `{user: hash}` as the file has it."""
        return self._passwords.entries()

    def rewrite(self, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Replace all users by what `change` makes of those of now, under the files' lock."""
        self._passwords.rewrite(change)
        self._reload()

    def differ_from(self, users: dict[str, str]) -> bool:
        """Tell whether the files are not what these users make of them."""
        return self._passwords.differs_from(users)

    def _reload(self) -> None:
        """Send SIGHUP where the broker's process id is known; elsewhere it is the operator's step."""
        if self._pid_file is None or not self._pid_file.exists():
            return
        text = self._pid_file.read_text().strip()
        if not text.isdigit() or int(text) <= 1:
            log.warning("stations.broker_pid_unreadable")
            return
        try:
            os.kill(int(text), signal.SIGHUP)
        except (ProcessLookupError, PermissionError) as error:
            log.warning("stations.broker_not_signalled", error=type(error).__name__)
