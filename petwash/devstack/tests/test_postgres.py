"""The embedded PostgreSQL survives what happens to a development machine."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from petwash.devstack.ports import free_port
from petwash.devstack.postgres import PostgresServer, binaries
from petwash.devstack.programs import REPOSITORY
from petwash.devstack.roles import (
    APP,
    OWNER,
    Role,
    create_database,
    create_roles,
    grant_default_privileges,
)

PASSWORD = "superuser-secret"
OWNER_ROLE, APP_ROLE = Role(OWNER, "owner:secret@"), Role(APP, "app:secret@")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    cluster = PostgresServer(tmp_path / "data", free_port(), PASSWORD, log=tmp_path / "log")
    cluster.start()
    yield cluster
    cluster.stop()


def refused_as_app(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def hold_to_roles(server: PostgresServer, owner: Role, app: Role) -> None:
    """The application reads and writes what the owner makes, and can do nothing else to it."""
    with psycopg.connect(owner.url(server.url(), "petwash")) as connection:
        connection.execute("CREATE TABLE row (id bigint GENERATED ALWAYS AS IDENTITY, n int)")
        connection.execute("CREATE SEQUENCE number")
    url = app.url(server.url(), "petwash")
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO row (n) VALUES (nextval('number'))")
        connection.execute("UPDATE row SET n = 2")
        assert connection.execute("SELECT id, n FROM row").fetchall() == [(1, 2)]
        connection.execute("DELETE FROM row")
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    refused_as_app(url, "TRUNCATE row")
    refused_as_app(url, "ALTER TABLE row DISABLE TRIGGER ALL")
    refused_as_app(url, "DROP TABLE row")
    refused_as_app(url, "CREATE TABLE mine ()")
    refused_as_app(url, "CREATE ROLE mine")


def test_the_application_owns_nothing(server):
    create_roles(server.url(), OWNER_ROLE, APP_ROLE)
    assert create_database(server.url(), "petwash", OWNER)
    assert not create_database(server.url(), "petwash", OWNER)
    grant_default_privileges(OWNER_ROLE.url(server.url(), "petwash"), APP)
    hold_to_roles(server, OWNER_ROLE, APP_ROLE)


def test_the_roles_of_the_container_are_the_same(server):
    subprocess.run(
        ["sh", str(REPOSITORY / "deploy/postgres/roles.sh")],
        env={
            "PATH": f"{binaries()}:{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(server.port),
            "PGPASSWORD": PASSWORD,
            "POSTGRES_USER": "postgres",
            "PETWASH_OWNER_PASSWORD": "it's-the-owner",
            "PETWASH_APP_PASSWORD": "it's-the-app",
        },
        check=True,
        capture_output=True,
    )
    hold_to_roles(server, Role(OWNER, "it's-the-owner"), Role(APP, "it's-the-app"))


def test_nobody_signs_in_without_the_password(server):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url().replace(PASSWORD, "wrong"))


def test_a_stale_pid_file_of_somebody_else_is_no_obstacle(server, tmp_path):
    """After a crash, the number may belong to a process that has nothing to do with us."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    server.stop()
    innocent = subprocess.Popen(["sleep", "60"])
    (server.data / "postmaster.pid").write_text(f"{innocent.pid}\n{server.data}\n")
    try:
        server.start()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()
