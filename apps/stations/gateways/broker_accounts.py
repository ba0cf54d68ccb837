"""Accounts of stations at the broker: the password file, and the broker told to read it again."""

import os
import signal
from pathlib import Path
from typing import Self

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from apps.stations.gateways.password_file import PasswordFile

log = structlog.get_logger(__name__)


class BrokerAccounts:
    """Writes and revokes the credential of one station at a time."""

    def __init__(self, passwords: PasswordFile, pid_file: Path | None) -> None:
        self._passwords = passwords
        self._pid_file = pid_file

    @classmethod
    def from_settings(cls) -> Self:
        """Return the accounts of the configured broker.

        Raises: ImproperlyConfigured without MQTT_PASSWORD_FILE.
        """
        if not settings.MQTT_PASSWORD_FILE:
            raise ImproperlyConfigured(
                "MQTT_PASSWORD_FILE is not set: it names the broker's password file, "
                "which stations' credentials are written to."
            )
        pid_file = Path(settings.MQTT_PID_FILE) if settings.MQTT_PID_FILE else None
        return cls(PasswordFile(Path(settings.MQTT_PASSWORD_FILE)), pid_file)

    def set(self, username: str, password: str) -> None:
        """Let the station in with this password alone."""
        self._passwords.set(username, password)
        self._reload()

    def revoke(self, username: str) -> None:
        """Lock the station out; Mosquitto drops it when it reads the file again."""
        self._passwords.revoke(username)
        self._reload()

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
