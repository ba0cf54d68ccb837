"""The demo's own parts: an authenticator, a mailbox, a narrator, sums."""

import io
import json
import os
import stat

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.demo.authenticator import code_of
from apps.demo.client import StepFailed, expect
from apps.demo.hardware import read_bays
from apps.demo.mailbox import Mailbox
from apps.demo.narrator import Narrator
from apps.demo.seed import seed
from apps.demo.sitting import Shares
from apps.stations.gateways.password_file import PasswordFile


def test_the_authenticator_gives_the_codes_of_the_rfc():
    # RFC 6238, appendix B: SHA-1 seed "12345678901234567890"; the last six of its eight digits.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert code_of(secret, at=59) == "287082"
    assert code_of(secret, at=1111111109) == "081804"


def test_the_mailbox_finds_the_newest_token_of_an_address(tmp_path):
    (tmp_path / "a.log").write_text("To: a@x.example\n\nopen https://x.example/verify?token=old-one\n")
    (tmp_path / "b.log").write_text("To: b@x.example\n\nopen https://x.example/verify?token=another\n")
    (tmp_path / "c.log").write_text("To: a@x.example\n\nopen https://x.example/verify?token=new.one-2\n")
    os.utime(tmp_path / "a.log", (1, 1))
    assert Mailbox(tmp_path).token_for("a@x.example") == "new.one-2"
    with pytest.raises(StepFailed, match="reached nobody"):
        Mailbox(tmp_path).token_for("nobody@x.example", seconds=0.1)


def test_a_failed_step_is_told_and_raised():
    out = io.StringIO()
    narrator = Narrator(out)
    narrator.step("This works", lambda: 7, lambda value: f"it gave {value}")
    with pytest.raises(StepFailed):
        narrator.step("This does not", lambda: expect(False, "no sun today"), "never told")
    assert "it gave 7" in out.getvalue()
    assert "no sun today" in out.getvalue()
    assert "never told" not in out.getvalue()
    assert (narrator.steps, narrator.failed) == (2, 1)


def test_shares_balance_only_when_every_cent_is_somewhere():
    assert Shares(100, 10, 70, 15, 5).balanced
    assert not Shares(100, 10, 70, 15, 4).balanced
    assert Shares(1, 1, 0, 0, 0) + Shares(2, 0, 2, 0, 0) == Shares(3, 1, 2, 0, 0)


@pytest.fixture
def home(tmp_path, settings):
    """An installation of its own."""
    settings.MQTT_PASSWORD_FILE = str(tmp_path / "mqtt" / "passwords")
    settings.MQTT_PID_FILE = ""
    return tmp_path


def test_seeding_twice_changes_nothing(home, db):
    first = seed(home, stations=2)
    stations = {path.name: path.read_text() for path in (home / "stations").glob("*.json")}
    assert seed(home, stations=2) == first
    assert {path.name: path.read_text() for path in (home / "stations").glob("*.json")} == stations
    assert User.objects.count() == 3
    assert len(read_bays(home / "stations", 2)) == 4
    assert set(PasswordFile(home / "mqtt" / "passwords").entries()) == {"harbour", "mission"}


def test_the_demo_file_opens_the_accounts_and_is_private(home, db):
    rows = {row["role"]: row for row in seed(home, stations=1)["accounts"]}
    assert stat.S_IMODE((home / "demo.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "stations" / "harbour.json").stat().st_mode) == 0o600
    for row in rows.values():
        assert User.objects.get(email=row["email"]).check_password(row["password"])
    admin = User.objects.get(email=rows["admin"]["email"])
    assert admin.is_staff
    assert admin.two_factor_enabled
    assert len({row["password"] for row in rows.values()}) == 3, "each installation and account draws its own password"


def test_a_lost_demo_file_is_made_anew(home, db):
    before = seed(home, stations=1)
    (home / "demo.json").unlink()
    after = seed(home, stations=1)
    assert before != after
    owner = next(row for row in after["accounts"] if row["role"] == "owner")
    assert User.objects.get(email=owner["email"]).check_password(owner["password"])


def test_too_few_stations_are_named_with_the_remedy(home, db):
    seed(home, stations=1)
    with pytest.raises(StepFailed, match="PETWASH_DEMO_STATIONS=3"):
        read_bays(home / "stations", 3)


def test_no_demo_account_is_made_outside_of_a_demo(db, settings):
    settings.PETWASH_DEMO = False
    with pytest.raises(CommandError, match="demo settings"):
        call_command("seed_demo")
    assert not User.objects.exists()


def test_the_demo_says_when_there_is_no_system(home, settings):
    settings.PETWASH_HOME = home
    with pytest.raises(CommandError, match="make run"):
        call_command("demo")
    (home / "demo.json").write_text(json.dumps({"accounts": [{"role": "admin"}]}))
    with pytest.raises(SystemExit) as stop:
        call_command("demo", base_url="http://127.0.0.1:9")
    assert stop.value.code == 1
