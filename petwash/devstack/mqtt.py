"""The embedded MQTT broker's process: mosquitto on PATH, else our mended amqtt."""

import os
import secrets
import shutil
import socket
import sys
from pathlib import Path

from apps.stations.gateways.password_file import PasswordFile
from apps.stations.protocol import access
from petwash.devstack.ports import LOOPBACK
from petwash.devstack.server import LeashedServer, Record, ignore

REPOSITORY = Path(__file__).resolve().parent.parent.parent
_LIMITS = REPOSITORY / "deploy" / "mosquitto" / "limits.conf"
BRIDGE_USER = access.BRIDGE
_CONNACK_ACCEPTED = b"\x20\x02\x00\x00"


def mosquitto() -> str | None:
    """Return the installed Mosquitto; Debian keeps it where only root's PATH looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


class MqttServer:
    """One broker on one loopback port; `bridge` may do all, a station its own branch."""

    def __init__(
        self,
        data: Path,
        port: int,
        password: str,
        *,
        log: Path,
        remove: Path | None = None,
        embedded: bool = False,
    ) -> None:
        self.data = data
        self.port = port
        self.password = password
        self.password_file = data / "passwords"
        self.pid_file = data / "broker.pid"
        program = None if embedded else mosquitto()
        self.kind = "mosquitto" if program else "amqtt"
        command = [program, "-c", str(data / "mosquitto.conf")] if program else self._own_broker()
        self._server = LeashedServer("MQTT broker", command, log=log, remove=remove, cwd=REPOSITORY)

    @property
    def url(self) -> str:
        """The bridge's address."""
        return f"mqtt://{BRIDGE_USER}:{self.password}@{LOOPBACK}:{self.port}"

    def start(self, record: Record = ignore) -> None:
        """Write the configuration and the bridge's password, then serve.

        Raises: ServerStartError.
        """
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        PasswordFile(self.password_file).set(BRIDGE_USER, self.password)
        self._write_configuration()
        self.pid_file.unlink(missing_ok=True)
        self._server.start(self._is_ready, record)

    def is_running(self) -> bool:
        """Tell whether the server still runs."""
        return self._server.is_running()

    def stop(self) -> None:
        """Stop with SIGTERM."""
        self._server.stop()

    def _own_broker(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            "petwash.devstack.broker",
            "--port",
            str(self.port),
            "--passwords",
            str(self.password_file),
            "--pid-file",
            str(self.pid_file),
        ]

    def _write_configuration(self) -> None:
        lines = [
            f"listener {self.port} {LOOPBACK}",
            f"password_file {self.password_file}",
            f"acl_file {PasswordFile(self.password_file).acl_path}",
            f"pid_file {self.pid_file}",
            f"persistence_location {self.data}/",
            "log_dest stderr",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # the files are root's; a development machine only
        (self.data / "mosquitto.conf").write_text(_LIMITS.read_text() + "\n".join(lines) + "\n")

    def _is_ready(self) -> bool:
        """Sign in as the bridge; a port that answers is not yet a broker that knows its users."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(_connect_packet(BRIDGE_USER, self.password))
                return connection.recv(4) == _CONNACK_ACCEPTED and self.pid_file.exists()
        except OSError:
            return False


def _connect_packet(user: str, password: str) -> bytes:
    """Return an MQTT 3.1.1 CONNECT with a clean session (section 3.1)."""
    texts = [f"ready-{secrets.token_hex(4)}", user, password]
    payload = b"".join(len(text.encode()).to_bytes(2, "big") + text.encode() for text in texts)
    body = b"\x00\x04MQTT\x04\xc2\x00\x0a" + payload
    return bytes([0x10, len(body)]) + body
