"""Each test finds the migrated database, whatever the one before it did."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection

from petwash.devstack.ports import free_port
from petwash.devstack.postgres import PostgresServer
from petwash.devstack.programs import REPOSITORY


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_committing_test_leaves_nothing_behind(turn):
    assert set(Group.objects.values_list("name", flat=True)) >= {"Operations", "Finance"}
    Group.objects.all().delete()


@pytest.mark.parametrize("turn", [1, 2])
def test_an_ordinary_test_leaves_nothing_behind(db, turn):
    assert Group.objects.filter(name="Finance").exists()
    Group.objects.all().delete()


def test_tests_work_as_the_application_which_owns_nothing(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (urlsplit(os.environ["DATABASE_URL"]).username, 0)
        with pytest.raises(DatabaseError, match="permission denied"):
            cursor.execute("TRUNCATE users CASCADE")


def test_the_environment_names_the_database_of_this_worker(db):
    with (
        psycopg.connect(os.environ["DATABASE_URL"]) as ours,
        psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owners,
    ):
        name = connection.settings_dict["NAME"]
        assert (ours.info.dbname, owners.info.dbname) == (name, name)


def test_another_postgresql_can_be_named_and_is_left_as_it_was(tmp_path):
    server = PostgresServer(tmp_path / "data", free_port(), "secret", log=tmp_path / "log", durable=False)
    server.start()
    try:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PETWASH_", "PYTEST_"))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "-k", "leaves_nothing", __file__],
            cwd=REPOSITORY,
            env={**inherited, "TEST_DATABASE_OWNER_URL": server.url()},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert "4 passed" in done.stdout, done.stdout + done.stderr
        with psycopg.connect(server.url()) as superuser:
            left = superuser.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE 'petwash%' "
                "UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'petwash%'"
            ).fetchall()
        assert left == []
    finally:
        server.stop()
