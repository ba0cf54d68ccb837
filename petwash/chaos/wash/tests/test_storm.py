"""A short run with real processes: bridge, broker, stations and workers are killed, and no wash is lost."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from petwash.chaos.tests.test_storm import database as database
from petwash.chaos.tests.test_storm import run

pytestmark = pytest.mark.stack
CERTIFICATE = re.compile(r"(\d+) washes, (\d+) faults, (\d+) lost, (\d+) started twice, (\d+) refunded \(seed (\d+)\)")


def test_washes_survive_a_short_storm(database: dict[str, str], tmp_path: Path) -> None:
    status, said = run(database, tmp_path, "--seed", "1", "--washes", "8", "--calm", module="petwash.chaos.wash")

    found = CERTIFICATE.search(said)
    assert found, said
    assert (status, found[1], found[3], found[4], found[6]) == (0, "8", "0", "0", "1"), said
    assert int(found[2]) >= 10, said
    assert list(tmp_path.glob("petwash-chaos-*")) == [], "a clean run leaves nothing behind"


def test_what_cannot_be_is_refused_with_status_two(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "petwash.chaos.wash", "--washes", "0"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (2, "petwash: WASHES must be from 1 to 100000, not 0.\n")
