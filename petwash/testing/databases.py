"""The databases of a test run: one migrated template, one clone a worker.

Append-only triggers forbid TRUNCATE, so what a committing test leaves behind is not wiped: the
worker gets a new clone. What migrations wrote (groups, plans) is thereby present in every test.
"""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from petwash.devstack.roles import (
    Role,
    create_database,
    grant_default_privileges,
    with_database,
)
from petwash.testing.schema_cache import SchemaCache

AUTOVACUUM_PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class TestDatabases:
    """The template and its clones on one server, made by the owner, used by the application."""

    __test__ = False

    server_url: str
    app: Role
    template: str

    @classmethod
    def from_environment(cls) -> "TestDatabases":
        """Read what `export` wrote."""
        owner = os.environ["DATABASE_OWNER_URL"]
        login = urlsplit(os.environ["DATABASE_URL"])
        app = Role(unquote(login.username or ""), unquote(login.password or ""))
        return cls(with_database(owner, "postgres"), app, os.environ["PETWASH_TEST_TEMPLATE"])

    def export(self, name: str | None = None) -> None:
        """Point DATABASE_URL and DATABASE_OWNER_URL at a database, the template by default."""
        os.environ["PETWASH_TEST_TEMPLATE"] = self.template
        os.environ["DATABASE_OWNER_URL"] = with_database(self.server_url, name or self.template)
        os.environ["DATABASE_URL"] = self.app.url(self.server_url, name or self.template)

    def ensure_template(self, folder: Path, cache: SchemaCache | None = None) -> None:
        """Migrate the template or restore it, unless another worker has; a failed migration starts afresh."""
        done = folder / "migrated"
        with (folder / "migrate.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if done.exists():
                return
            self.drop(self.template)
            create_database(self.server_url, self.template, _user(self.server_url))
            template_url = with_database(self.server_url, self.template)
            grant_default_privileges(template_url, self.app.name)
            if cache is None or not cache.restore(template_url):
                _migrate(template_url)
                if cache is not None:
                    cache.keep(template_url)
            done.touch()

    def renew(self, name: str) -> None:
        """Give the worker a fresh clone under its name; sessions on the old one are ended."""
        for connection in connections.all(initialized_only=True):
            connection.close()
        with psycopg.connect(self.server_url, autocommit=True) as server:
            _force_drop(server, name)
            # Copying files takes about half the time of logging each page, and there is one copy a committing test.
            copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
            server.execute(copy.format(sql.Identifier(name), sql.Identifier(self.template)))

    def drop_all(self) -> None:
        """Remove the template, its clones and the application's role from a server that stays."""
        with psycopg.connect(self.server_url, autocommit=True) as server:
            names = server.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.template]
            ).fetchall()
        for (name,) in names:
            self.drop(name)
        with psycopg.connect(self.server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(self.app.name)))

    def drop(self, name: str) -> None:
        """Remove a database with its sessions."""
        with psycopg.connect(self.server_url, autocommit=True) as server:
            _force_drop(server, name)


def _force_drop(server: psycopg.Connection, name: str) -> None:
    """Drop a database with its sessions; an autovacuum worker, which only a superuser may end, is waited for."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    deadline = time.monotonic() + AUTOVACUUM_PATIENCE_SECONDS
    while True:
        try:
            server.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def use_database(url: str) -> None:
    """Let Django's default connection speak to this address from now on."""
    connection = connections["default"]
    connection.close()
    parts = urlsplit(url)
    connection.settings_dict.update(
        NAME=parts.path.lstrip("/"),
        USER=unquote(parts.username or ""),
        PASSWORD=unquote(parts.password or ""),
        HOST=parts.hostname or "",
        PORT=str(parts.port or ""),
    )


def _migrate(owner_url: str) -> None:
    use_database(owner_url)
    call_command("migrate", verbosity=0, interactive=False)
    connections["default"].close()


def _user(url: str) -> str:
    return unquote(urlsplit(url).username or "")
