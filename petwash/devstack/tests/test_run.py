"""`make run` keeps what it promises: it starts, it stops, it comes back."""

import json
import os
import signal
import stat

import psycopg
import pytest

from petwash.devstack.tests.running_copy import Copy, copies

pytestmark = pytest.mark.stack


def accounts_in(copy: Copy) -> list[str]:
    with psycopg.connect(copy.variables()["DATABASE_OWNER_URL"]) as connection:
        rows = connection.execute("SELECT email FROM users ORDER BY email").fetchall()
    return [email for (email,) in rows]


def test_two_copies_run_side_by_side_and_stop_without_a_trace(tmp_path):
    with copies(tmp_path, "first", "second") as (first, second):
        first.start()
        second.start().wait_ready()
        first.wait_ready()
        assert (first.status(), second.status()) == (200, 200)
        seeded = json.loads((first.home / "demo.json").read_text())["accounts"]
        assert all(account["password"] in first.said() for account in seeded)
        assert {account["email"] for account in seeded} <= set(accounts_in(first))
        for path in [first.home / "env", *(first.home / "secrets").iterdir()]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert first.variables()["SECRET_KEY"] != second.variables()["SECRET_KEY"]

        again = Copy(first.home).start()
        assert again.wait_end() == 1
        assert f"PetWash already runs on {first.home}" in again.said()

        rival = Copy(tmp_path / "rival")
        rival.port = second.port
        assert rival.start().wait_end() == 1
        assert f"port {second.port} is taken" in rival.said()

        assert first.send(signal.SIGTERM) == 0
        assert first.left_over() == []
        assert second.status() == 200
        assert second.send(signal.SIGINT) == 0
        assert second.left_over() == []


def test_a_start_after_kill_9_ends_the_orphans_and_keeps_the_data(tmp_path):
    """The manager and its database die; the programs live on as orphans."""
    with copies(tmp_path, "killed") as [copy]:
        copy.start().wait_ready()
        accounts, seeded = accounts_in(copy), (copy.home / "demo.json").read_text()
        groups = json.loads((copy.home / "processes.json").read_text())
        [database] = [entry["group"] for entry in groups if entry["name"] == "PostgreSQL"]
        os.killpg(database, signal.SIGKILL)
        assert copy.send(signal.SIGKILL) == -signal.SIGKILL
        assert any("uvicorn" in command for command in copy.left_over())

        copy.start().wait_ready()
        assert "ended web, left over from a run that was killed" in copy.said()
        assert accounts_in(copy) == accounts
        assert (copy.home / "demo.json").read_text() == seeded
        assert copy.send(signal.SIGTERM) == 0
        assert copy.left_over() == []
