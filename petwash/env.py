"""Typed environment parsing that says which variable is wrong and what would be right."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from apps.common.addresses import BrokerAddress, TlsFiles

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


class Environment:
    """Reads one mapping of variables; every error is an `ImproperlyConfigured` with a remedy.

    Remembers the names it was asked for (`known`), so that a test can hold the documentation and
    the compose file against what the settings really read.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.known: set[str] = set()

    def text(self, name: str, default: str | None = None) -> str:
        """Return the variable, or the default; without a default an absent or empty one is refused."""
        self.known.add(name)
        value = self._variables.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set. Set it in the environment (see .env.example).")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a yes or no."""
        value = self.text(name, "yes" if default else "no").lower()
        if value in TRUE:
            return True
        if value in FALSE:
            return False
        raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")

    def number(self, name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
        """Return a whole number within [low, high]."""
        value = self.text(name, str(default))
        if not value.lstrip("-").isdigit() or not low <= int(value) <= high:
            raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}, not {value!r}.")
        return int(value)

    def names(self, name: str, default: str = "") -> list[str]:
        """Return a comma-separated list without empty items."""
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def database(self, name: str, default: str | None = None) -> dict[str, Any]:
        """Return Django's database settings for a postgres:// address."""
        address = self.text(name, default)
        if urlsplit(address).scheme not in {"postgres", "postgresql"}:
            raise ImproperlyConfigured(f"{name} must be a postgresql:// address: PetWash runs on PostgreSQL alone.")
        return dict(environ.Env.db_url_config(address))

    def broker(self, name: str, default: str | None = None) -> BrokerAddress:
        """Return the parts of an mqtt:// or mqtts:// address; user and password are required.

        For MQTT_URL the variables MQTT_CA_FILE, MQTT_CERT_FILE and MQTT_KEY_FILE say how mqtts:// is secured.
        """
        parts = urlsplit(self.text(name, default))
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ImproperlyConfigured(f"{name} must look like mqtt://user:password@host:port.")
        if not parts.username or not parts.password:
            raise ImproperlyConfigured(f"{name} names no user and password: anonymous brokers are refused.")
        tls = parts.scheme == "mqtts"
        files = self._tls_files(name.removesuffix("_URL"))
        if files != TlsFiles() and not tls:
            raise ImproperlyConfigured(f"{name} must be an mqtts:// address for its certificates to be used.")
        return BrokerAddress(
            host=parts.hostname,
            port=parts.port or (8883 if tls else 1883),
            username=unquote(parts.username),
            password=unquote(parts.password),
            tls=tls,
            files=files,
        )

    def _tls_files(self, prefix: str) -> TlsFiles:
        ca, certificate, key = (self.text(f"{prefix}_{kind}_FILE", "") for kind in ("CA", "CERT", "KEY"))
        if bool(certificate) != bool(key):
            raise ImproperlyConfigured(f"{prefix}_CERT_FILE and {prefix}_KEY_FILE belong together: set both or none.")
        return TlsFiles(ca, certificate, key)
