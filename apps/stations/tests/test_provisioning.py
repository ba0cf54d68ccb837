"""A station is provisioned once; its secrets are handed over and not kept in the clear."""

import base64
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.stations import tokens
from apps.stations.gateways.password_file import PasswordFile, verify_password
from apps.stations.models import Station

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def passwords(settings, tmp_path: Path) -> PasswordFile:
    settings.MQTT_PASSWORD_FILE = str(tmp_path / "passwords")
    settings.MQTT_PID_FILE = str(tmp_path / "no.pid")
    return PasswordFile(tmp_path / "passwords")


def provision(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("provision_station", "riverside", "--name", "Riverside", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_the_device_gets_everything_it_needs(settings) -> None:
    device = provision("--bays", "3")
    assert device["station_id"] == "riverside"
    assert device["mqtt"]["username"] == "riverside"
    assert len(base64.b64decode(device["server_public_key"])) == 32
    assert [bay["number"] for bay in device["bays"]] == [1, 2, 3]
    bay = device["bays"][0]
    assert tokens.bay_token_matches(bay["bay_token"], settings.BAY_TOKEN_KEY, bay["id"], 1)
    assert {tank["chemical"] for tank in device["tanks"]} == {"shampoo", "conditioner", "flea_tick", "disinfectant"}
    chemicals = {tank["chemical"] for tank in device["tanks"]}
    for program in device["programs"]:
        assert set(program) == {"code", "seconds", "price_minor", "currency", "ml"}
        assert set(program["ml"]) <= chemicals
        assert program["price_minor"] > 0


def test_the_broker_password_is_hashed_and_the_hmac_key_encrypted(passwords: PasswordFile) -> None:
    device = provision()
    assert verify_password(device["mqtt"]["password"], passwords.entries()["riverside"])
    assert device["mqtt"]["password"] not in passwords.path.read_text()
    assert Station.objects.get().credential.hmac_key == device["hmac_key"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT hmac_key FROM stations_stationcredential")
        assert device["hmac_key"] not in cursor.fetchone()[0]


def test_a_second_time_is_refused_and_changes_nothing(passwords: PasswordFile) -> None:
    provision()
    before = passwords.entries()
    with pytest.raises(CommandError, match="--rotate"):
        provision()
    assert passwords.entries() == before
    assert Station.objects.count() == 1


def test_rotation_replaces_the_secrets_and_keeps_the_printed_codes() -> None:
    first, second = provision(), provision("--rotate")
    assert second["mqtt"]["password"] != first["mqtt"]["password"]
    assert second["hmac_key"] != first["hmac_key"]
    assert [bay["bay_token"] for bay in second["bays"]] == [bay["bay_token"] for bay in first["bays"]]
    assert not {bay["presence_key"] for bay in second["bays"]} & {bay["presence_key"] for bay in first["bays"]}


def test_rotating_a_station_that_does_not_exist_is_refused(passwords: PasswordFile) -> None:
    with pytest.raises(CommandError, match="no station riverside"):
        provision("--rotate")
    assert passwords.entries() == {}


@pytest.mark.parametrize("slug", ["River side", "RIVER", "a-", "a/b", "a+", ""])
def test_a_name_that_could_leave_its_topic_branch_is_refused(slug: str, passwords: PasswordFile) -> None:
    with pytest.raises(CommandError, match="lower-case"):
        call_command("provision_station", slug, "--name", "X")
    assert passwords.entries() == {}


@pytest.mark.parametrize("bays", ["0", "100"])
def test_the_number_of_bays_is_bounded(bays: str) -> None:
    with pytest.raises(CommandError, match="from 1 to 99"):
        provision("--bays", bays)
    assert Station.objects.count() == 0


def test_a_file_for_the_device_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "stations" / "riverside.json"
    call_command("provision_station", "riverside", "--name", "R", "--output", str(target), stderr=io.StringIO())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert json.loads(target.read_text())["station_id"] == "riverside"
