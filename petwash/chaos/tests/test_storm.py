"""A short run with real processes: clean as the product is, and not clean when it is broken on purpose."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from petwash.chaos.saboteurs import NAMES
from petwash.devstack.programs import REPOSITORY
from petwash.devstack.roles import with_database
from petwash.testing.databases import TestDatabases

pytestmark = pytest.mark.stack
LONGEST_SECONDS = 900
CERTIFICATE = re.compile(r"(\d+) releases, (\d+) kills, (\d+) double, (\d+) lost, (.*) \(seed (-?\d+)\)")


@pytest.fixture
def database(django_db_setup: None) -> Iterator[dict[str, str]]:
    """An empty database of this run's server, and the addresses that lead there."""
    databases = TestDatabases.from_environment()
    name = f"{databases.template}_chaos_{uuid4().hex[:8]}"
    databases.renew(name)
    yield {
        "DATABASE_URL": databases.app.url(databases.server_url, name),
        "DATABASE_OWNER_URL": with_database(databases.server_url, name),
    }
    databases.drop(name)


def run(database: dict[str, str], folder: Path, *arguments: str, module: str = "petwash.chaos") -> tuple[int, str]:
    """Make a run and return its exit status and what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PETWASH", "MQTT", "REDIS"))}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=REPOSITORY,
        env={**kept, **database, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout


def test_money_survives_a_short_storm(database: dict[str, str], tmp_path: Path) -> None:
    status, said = run(database, tmp_path, "--seed", "11", "--releases", "24", "--kills", "6")

    found = CERTIFICATE.search(said)
    assert found, said
    assert (status, found[1], found[3], found[4], found[5], found[6]) == (
        0,
        "24",
        "0",
        "0",
        "ledger = gateway",
        "11",
    ), said
    assert int(found[2]) >= 6
    assert list(tmp_path.glob("petwash-chaos-*")) == [], "a clean run leaves nothing behind"


# Each costs half a minute of both cores: one in every run, all of them for who changes the payouts or this simulation.
@pytest.mark.parametrize("saboteur", NAMES if os.environ.get("ALL_SABOTEURS") else NAMES[:1])
def test_a_broken_payout_code_is_found_out(saboteur: str, database: dict[str, str], tmp_path: Path) -> None:
    small = ("--seed", "1", "--releases", "8", "--kills", "0", "--patience", "15")
    status, said = run(database, tmp_path, *small, "--saboteur", saboteur)

    found = CERTIFICATE.search(said)
    assert found, said
    assert status == 1, said
    assert int(found[3]) > 0, said
    assert "double: " in said, "the bookings are named"
    assert "the logs are in" in said
