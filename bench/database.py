"""A PostgreSQL of the run's own: a folder that goes away, both roles, the schema of this checkout."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import psycopg
from psycopg import sql

from petwash.devstack.ports import free_port
from petwash.devstack.postgres import PostgresServer
from petwash.devstack.roles import APP, OWNER, Role, create_database, create_roles, grant_default_privileges
from petwash.devstack.roles import with_database as at

NAME = "petwash_bench"


@dataclass(frozen=True)
class Addresses:
    """Where the run's database listens, for each of its roles."""

    app: str
    owner: str
    superuser: str
    folder: Path

    def another(self, name: str) -> str:
        """Make another empty database of the owner's and return its address. A peer gets one of these."""
        create_database(self.superuser, name, OWNER)
        return at(self.owner, name)

    def copy(self, name: str) -> "Addresses":
        """Make a copy of the run's database under this name; nothing may be connected to it."""
        use(self.superuser)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        with psycopg.connect(self.superuser, autocommit=True) as server:
            server.execute(statement.format(*(sql.Identifier(one) for one in (name, NAME, OWNER))))
        return Addresses(at(self.app, name), at(self.owner, name), self.superuser, self.folder)


@contextmanager
def started() -> Iterator[Addresses]:
    """Start a server, migrate, and set Django up on the application's role; stop and remove it afterwards.

    It does not wait for the disk (`fsync` off), so that work is compared with work and not with a disk
    that is the same for both; nothing in it outlives the run.
    """
    folder = Path(tempfile.mkdtemp(prefix="petwash-bench-"))
    folder.chmod(0o711)  # PostgreSQL may run as another user than root
    log = folder / "postgres.log"
    server = PostgresServer(
        folder / "postgres", free_port(), secrets.token_hex(16), log=log, durable=False, remove=folder
    )
    try:
        server.start()
        addresses = _roles(server, folder)
        _set_up_django(addresses)
        yield addresses
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def given() -> Iterator[Addresses]:
    """Use the database that the tests have already set up."""
    owner = os.environ["DATABASE_OWNER_URL"]
    yield Addresses(os.environ["DATABASE_URL"], owner, at(owner, "postgres"), Path(tempfile.gettempdir()))


def _roles(server: PostgresServer, folder: Path) -> Addresses:
    owner, app = Role(OWNER, secrets.token_hex(16)), Role(APP, secrets.token_hex(16))
    create_roles(server.url(), owner, app)
    create_database(server.url(), NAME, OWNER)
    owner_url = owner.url(server.url(), NAME)
    grant_default_privileges(owner_url, APP)
    return Addresses(app.url(server.url(), NAME), owner_url, server.url(), folder)


def _set_up_django(addresses: Addresses) -> None:
    os.environ.update(
        DJANGO_SETTINGS_MODULE="bench.settings",
        DATABASE_URL=addresses.app,
        DATABASE_OWNER_URL=addresses.owner,
        PETWASH_HOME=str(addresses.folder / "home"),
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    use(addresses.owner)
    call_command("migrate", verbosity=0, interactive=False)
    use(addresses.app)
    connection.ensure_connection()


def use(address: str) -> None:
    """Let Django speak to this database, with this role, from now on."""
    from django.db import connection

    from petwash.testing.databases import use_database

    use_database(address)
    if "pool" in connection.settings_dict["OPTIONS"]:
        connection.close_pool()  # type: ignore[attr-defined]  # of PostgreSQL's backend alone


def analyze(addresses: Addresses) -> None:
    """Refresh the planner's statistics and the visibility map, as autovacuum does in a quiet hour."""
    with psycopg.connect(addresses.owner, autocommit=True) as owner:
        names = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            owner.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(name)))
