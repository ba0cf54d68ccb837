"""The broker's files follow from the database: who is in service comes in, nobody else, and nothing is guessed."""

import io
import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.common.addresses import BrokerAddress
from apps.common.clock import real_now
from apps.stations.gateways.password_file import PasswordFile, hash_password, verify_password
from apps.stations.models import Station, StationCredential
from apps.stations.protocol.access import access_list
from apps.stations.services.provisioning import provision_station, revoke_station
from apps.stations.tests.factories import make_station
from petwash.devstack.acl import READ, WRITE, AccessList

from .broker_rights import RIGHTS, A, B

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path: Path) -> PasswordFile:
    settings.MQTT = BrokerAddress("127.0.0.1", 1883, "bridge", "of the bridge", tls=False)
    settings.MQTT_PASSWORD_FILE = str(tmp_path / "mqtt" / "passwords")
    settings.MQTT_PID_FILE = ""
    return PasswordFile(tmp_path / "mqtt" / "passwords")


def station(slug: str) -> Station:
    made = make_station(slug)
    StationCredential.objects.filter(station=made).update(broker_entry=hash_password(f"of {slug}"))
    return made


def export(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("export_broker_acl", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_both_files_hold_the_bridge_and_the_stations_in_service(files: PasswordFile) -> None:
    station(B)
    station(A)
    station("gone")
    Station.objects.filter(slug="gone").update(revoked_at=real_now())
    assert export() == ("Written: the bridge and 2 stations.\n", "")
    entries = files.entries()
    assert list(entries) == ["bridge", A, B]
    assert verify_password("of the bridge", entries["bridge"])
    assert verify_password(f"of {A}", entries[A])
    assert files.acl_path.read_text() == access_list(["bridge", A, B])
    for path in (files.path, files.acl_path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_embedded_brokers_reader_agrees_with_the_table(files: PasswordFile) -> None:
    station(A)
    station(B)
    export()
    rules = AccessList.load(files.acl_path)
    access = {"read": READ, "write": WRITE}
    wrong = [right for right in RIGHTS if rules.allows(right[0], right[2], access[right[1]]) is not right[3]]
    assert wrong == []
    assert not rules.allows("nobody", f"pw/v1/st/{A}/conn", WRITE)


def test_a_second_export_changes_nothing(files: PasswordFile) -> None:
    station(A)
    export()
    before = files.path.read_text(), files.path.stat().st_ino, files.acl_path.stat().st_ino
    assert export()[0] == "Unchanged: the bridge and 1 stations.\n"
    assert (files.path.read_text(), files.path.stat().st_ino, files.acl_path.stat().st_ino) == before
    assert export("--check")[0] == "Nothing to do: the bridge and 1 stations.\n"


@pytest.mark.parametrize("damage", ["password", "acl", "mode", "extra", "missing"])
def test_check_fails_when_a_file_is_out_of_date_and_export_mends_it(files: PasswordFile, damage: str) -> None:
    station(A)
    export()
    good = files.path.read_text(), files.acl_path.read_text()
    if damage == "password":
        files.path.write_text(good[0].replace(A, B))
    elif damage == "acl":
        files.acl_path.write_text(good[1] + "\nuser thief\ntopic read #\n")
    elif damage == "mode":
        files.path.chmod(0o644)
    elif damage == "extra":
        files.set("thief", "secret")
    else:
        files.acl_path.unlink()
    with pytest.raises(CommandError, match="out of date"):
        export("--check")
    export()
    assert (files.path.read_text(), files.acl_path.read_text()) == good
    assert stat.S_IMODE(files.path.stat().st_mode) == 0o600


def test_check_writes_nothing(files: PasswordFile) -> None:
    station(A)
    with pytest.raises(CommandError):
        export("--check")
    assert not files.path.exists()
    assert not files.acl_path.exists()


def test_provision_and_revoke_leave_the_files_as_an_export_would(files: PasswordFile) -> None:
    export()
    given = provision_station(slug=A, name="A", bays=1)
    assert verify_password(given["mqtt"]["password"], StationCredential.objects.get().broker_entry)
    provision_station(slug=B, name="B", bays=1)
    export("--check")
    provision_station(slug=A, name="A", bays=1, rotate=True)
    export("--check")
    revoke_station(slug=A, reason="stolen")
    export("--check")
    assert list(files.entries()) == ["bridge", B]
    assert StationCredential.objects.get(station__slug=A).broker_entry == ""


def test_a_station_whose_file_was_not_written_comes_in_with_the_next_export(files: PasswordFile, monkeypatch) -> None:
    def full(self: PasswordFile, username: str, entry: str) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(PasswordFile, "put", full)
        with pytest.raises(OSError, match="No space"):
            provision_station(slug=A, name="A", bays=1)
    export()
    assert files.entries()[A] == StationCredential.objects.get().broker_entry


def test_a_station_from_before_is_taken_over_from_the_file(files: PasswordFile) -> None:
    make_station(A)
    files.set(A, "typed in years ago")
    entry = files.entries()[A]
    export()
    assert files.entries()[A] == entry
    assert StationCredential.objects.get().broker_entry == entry
    files.path.unlink()
    export()
    assert files.entries()[A] == entry


def test_what_cannot_come_in_is_told(files: PasswordFile) -> None:
    make_station(A)
    files.set("thief", "secret")
    _, said = export()
    assert f"No password is known, so not let in: {A}." in said
    assert "Not in service, so not let in: thief." in said
    assert list(files.entries()) == ["bridge"]


def test_a_revocation_during_an_export_is_not_undone(files: PasswordFile, monkeypatch) -> None:
    """The database is read under the files' lock: who revokes after that reading writes after it."""
    from apps.stations.services import broker_export

    station(A)
    real = broker_export._users

    def revoke_after_looking(present):
        seen = real(present)
        Station.objects.filter(slug=A).update(revoked_at=real_now())
        return seen

    monkeypatch.setattr(broker_export, "_users", revoke_after_looking)
    export()
    assert list(files.entries()) == ["bridge"]
    assert A not in files.acl_path.read_text()


def test_for_a_broker_elsewhere_a_folder_is_written_and_nothing_else(files: PasswordFile, tmp_path: Path) -> None:
    station(A)
    export("--folder", str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["acl", "passwords", "passwords.lock"]
    assert not files.path.exists()


def test_another_user_than_the_bridge_is_refused(settings, files: PasswordFile) -> None:
    settings.MQTT = BrokerAddress("127.0.0.1", 1883, "server", "x", tls=False)
    with pytest.raises(CommandError, match="must name the user bridge"):
        export()
    assert not files.path.exists()


def test_no_station_may_bear_the_bridges_name(files: PasswordFile) -> None:
    export()
    before = files.path.read_text()
    with pytest.raises(CommandError, match="the server's own user"):
        call_command("provision_station", "bridge", "--name", "Bridge")
    assert files.path.read_text() == before
    assert not Station.objects.exists()
