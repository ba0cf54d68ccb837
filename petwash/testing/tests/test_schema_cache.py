"""What is restored from a kept dump is what the migrations made; a changed migration has no dump."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from petwash.devstack.postgres import binaries
from petwash.devstack.programs import REPOSITORY
from petwash.devstack.roles import create_database, grant_default_privileges, with_database
from petwash.testing.databases import TestDatabases
from petwash.testing.schema_cache import KEPT, SchemaCache, fingerprint
from petwash.testing.stack import GIVEN_OWNER_URL

needs_our_server = pytest.mark.skipif(
    GIVEN_OWNER_URL in os.environ, reason="a given server may be of another version than our pg_dump"
)


@pytest.fixture
def empty(django_db_setup: None) -> Iterator[str]:
    databases = TestDatabases.from_environment()
    name = f"{databases.template}_restored_{os.getpid()}"
    url = with_database(databases.server_url, name)
    with psycopg.connect(databases.server_url) as server:
        create_database(databases.server_url, name, server.info.user)
    grant_default_privileges(url, databases.app.name)
    yield url
    databases.drop(name)


# PostgreSQL writes `kind = ANY ((ARRAY['a'::character varying])::text[])` after a migration and, once that was read
# back, `kind = ANY (ARRAY[('a'::character varying)::text])`; in the same way `(a AND b) AND c` becomes `a AND b AND c`.
_NOTATION = re.compile(r"[()]|::(character varying|text)(\[\])?")


def in_words(url: str) -> list[str]:
    """Return the dump's lines without what changes in the notation of an expression when a dump is read back."""
    with psycopg.connect(url) as connection:
        environment = {**os.environ, "PGPASSWORD": connection.info.password}
    done = subprocess.run(
        [str(binaries() / "pg_dump"), url], env=environment, capture_output=True, text=True, check=True
    )  # fmt: skip
    lines = _NOTATION.sub("", done.stdout).splitlines()
    return [line for line in lines if not line.startswith(("\\restrict", "\\unrestrict"))]


@needs_our_server
def test_a_restored_database_is_the_migrated_one(empty, tmp_path):
    databases = TestDatabases.from_environment()
    migrated = with_database(databases.server_url, databases.template)
    cache = SchemaCache(tmp_path)

    assert not cache.restore(empty)
    cache.keep(migrated)
    assert cache.restore(empty)

    assert in_words(empty) == in_words(migrated)


def test_a_changed_migration_has_another_name(tmp_path):
    shutil.copytree(REPOSITORY / "apps" / "ledger" / "migrations", tmp_path / "apps" / "ledger" / "migrations")
    before = fingerprint(tmp_path)
    changed = next((tmp_path / "apps" / "ledger" / "migrations").glob("0001*.py"))
    changed.write_text(changed.read_text() + "\n# changed\n")

    assert fingerprint(tmp_path) != before


def test_a_module_that_a_migration_imports_counts(tmp_path):
    migration = tmp_path / "apps" / "pets" / "migrations" / "0001_initial.py"
    migration.parent.mkdir(parents=True)
    migration.write_text("import apps.pets.names\n")
    module = tmp_path / "apps" / "pets" / "names.py"
    module.write_text("LONGEST = 40\n")
    before = fingerprint(tmp_path)
    module.write_text("LONGEST = 50\n")

    assert fingerprint(tmp_path) != before


@needs_our_server
def test_only_the_newest_dumps_are_kept(django_db_setup, tmp_path):
    for age in range(KEPT + 2):
        old = tmp_path / f"{age}.dump"
        old.touch()
        os.utime(old, (age, age))
    databases = TestDatabases.from_environment()

    SchemaCache(tmp_path).keep(with_database(databases.server_url, databases.template))

    kept = {dump.name for dump in tmp_path.iterdir()}
    assert kept == {f"{KEPT}.dump", f"{KEPT + 1}.dump", f"{fingerprint(REPOSITORY)}.dump"}
