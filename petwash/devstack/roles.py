"""The two database roles: one owns the schema, the other one works in it.

The application's role owns nothing, so it can neither disable a trigger nor truncate a table.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER = "petwash_owner"
APP = "petwash_app"


@dataclass(frozen=True)
class Role:
    """A login name and its password."""

    name: str
    password: str

    def url(self, server: str, database: str) -> str:
        """Return the server's address with this role and that database."""
        parts = urlsplit(server)
        host = parts.netloc.rpartition("@")[2]
        login = f"{quote(self.name, safe='')}:{quote(self.password, safe='')}"
        return urlunsplit((parts.scheme, f"{login}@{host}", f"/{database}", parts.query, ""))


def with_database(url: str, database: str) -> str:
    """Return the address with another database."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{database}", parts.query, ""))


def create_roles(superuser_url: str, owner: Role, app: Role) -> None:
    """Make both roles, or give existing ones these passwords.

    The owner may create databases and end the application's sessions (to replace a test database);
    production grants neither.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _ensure_role(connection, owner, "CREATEDB")
        _ensure_role(connection, app, "NOCREATEDB")
        _let_owner_act_for(connection, owner.name, app.name)


def create_app_role(owner_url: str, app: Role) -> None:
    """Make the application's role on a server where only an owner with CREATEROLE is known."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        _ensure_role(connection, app, "NOCREATEDB")
        _let_owner_act_for(connection, connection.info.user, app.name)


def create_database(server_url: str, name: str, owner: str) -> bool:
    """Make an empty database unless it exists; tell whether it was made."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if row:
            return False
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner)))
        return True


def grant_default_privileges(owner_url: str, app: str) -> None:
    """Let the application's role read and write what the owner will create in this database."""
    role = sql.Identifier(app)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}").format(role)
        )
        connection.execute(sql.SQL("ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO {}").format(role))


def _let_owner_act_for(connection: psycopg.Connection, owner: str, app: str) -> None:
    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(app), sql.Identifier(owner)))


def _ensure_role(connection: psycopg.Connection, role: Role, powers: str) -> None:
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role.name]).fetchone()
    verb = "ALTER" if exists else "CREATE"
    connection.execute(
        sql.SQL("{verb} ROLE {name} LOGIN {powers} PASSWORD {password}").format(
            verb=sql.SQL(verb),
            name=sql.Identifier(role.name),
            powers=sql.SQL(powers),
            password=sql.Literal(role.password),
        )
    )
