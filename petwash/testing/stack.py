"""The PostgreSQL of one test run, and the environment that points Django's settings at it."""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from petwash.devstack.ports import free_port
from petwash.devstack.postgres import PostgresServer
from petwash.devstack.roles import APP, OWNER, Role, create_app_role, create_roles
from petwash.testing.databases import TestDatabases

GIVEN_OWNER_URL = "TEST_DATABASE_OWNER_URL"
RUN_FOLDER = "PETWASH_TEST_RUN"
MEMORY = Path("/dev/shm")  # noqa: S108 - only a folder of a random name below it is used
ROOMY_BYTES = 4 * 2**30


def choose_parent(memory: Path = MEMORY) -> Path | None:
    """Return where a run's folder goes: into memory where there is room, else (None) where temporary files go.

    A test that commits is followed by a new clone of a thousand small files: 0.15 s in memory, twice that on an idle
    disk and seconds on a busy one. TMPDIR decides when it is set.
    """
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK | os.X_OK):
        return None
    return memory if shutil.disk_usage(memory).free >= ROOMY_BYTES else None


class TestStack:
    """Started once, by the controlling process; xdist's workers inherit the environment."""

    __test__ = False

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="petwash-test-", dir=choose_parent()))
        self.folder.chmod(0o711)  # PostgreSQL may run as another user than root
        self._postgres: PostgresServer | None = None

    def start(self) -> None:
        """Start PostgreSQL, or take the one that TEST_DATABASE_OWNER_URL names.

        Raises: ServerStartError; psycopg.Error when the given server refuses.
        """
        suffix = secrets.token_hex(3)
        os.environ[RUN_FOLDER] = str(self.folder)
        template = f"petwash_test_{suffix}"
        given = os.environ.get(GIVEN_OWNER_URL)
        app = Role(f"{APP}_{suffix}" if given else APP, secrets.token_hex(16))
        server_url = given or self._start_postgres(app)
        if given:
            create_app_role(given, app)
        TestDatabases(server_url, app, template).export()

    def stop(self) -> None:
        """Stop what was started and remove what was written; stopping twice changes nothing."""
        if self._postgres is not None:
            self._postgres.stop()
            self._postgres = None
        elif self.folder.exists():
            TestDatabases.from_environment().drop_all()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_postgres(self, app: Role) -> str:
        owner = Role(OWNER, secrets.token_hex(16))
        self._postgres = PostgresServer(
            self.folder / "postgres",
            free_port(),
            secrets.token_hex(16),
            log=self.folder / "postgres.log",
            durable=False,
            remove=self.folder,
        )
        self._postgres.start()
        create_roles(self._postgres.url(), owner, app)
        return owner.url(self._postgres.url(), "postgres")
