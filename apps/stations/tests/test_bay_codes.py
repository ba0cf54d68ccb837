"""What is printed at a bay: an address that opens it, as a picture and on paper, until the code is revoked."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.common.models import AuditEntry
from apps.stations.bay_codes import BayCode, code_svg, codes_pdf, long_id, short_id
from apps.stations.models import Bay, Station
from apps.stations.services import codes
from apps.stations.tests.factories import bay_token, make_station
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db
CODE = BayCode(station="Hafnargata á Íslandi", place="", bay=2, url="https://petwash.example/w/abc?k=bay1.1.xyz")


def path_of(bay: Bay) -> str:
    return codes.code_of(bay).url.removeprefix("https://wash.example")


def choose(client: Client, name: str, action: str, *rows: Any, **data: str) -> Any:
    keys = [row.pk for row in rows]
    page = reverse(f"admin:stations_{name}_changelist")
    return client.post(page, {"action": action, ACTION_CHECKBOX_NAME: keys, **data}, follow=True)


def test_a_bays_id_is_short_in_the_address_and_comes_back() -> None:
    bay_id = "0197f0a0-7c1e-7000-8000-000000000001"
    assert len(short_id(bay_id)) == 22
    assert long_id(short_id(bay_id)) == bay_id


@pytest.mark.parametrize("text", ["", "x", "A" * 23, "ñ" * 22, "AZfwoHweiACAAAAAAAAAAR", "../../../etc/passwd/xx"])
def test_what_is_no_short_id_opens_nothing(text: str) -> None:
    assert long_id(text) is None


def test_the_address_holds_the_bays_current_token(bay: Bay, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://wash.example/"
    assert codes.code_of(bay).url == f"https://wash.example/w/{short_id(str(bay.public_id))}?k={bay_token(bay)}"


def test_the_picture_is_a_vector_that_loads_nothing() -> None:
    svg = code_svg(CODE)
    assert svg.lstrip().startswith("<?xml")
    assert "<path" in svg
    assert "href" not in svg


def test_the_paper_has_a_page_a_bay() -> None:
    pdf = codes_pdf([CODE, CODE, CODE], "PetWash")
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") == 3


def test_the_command_writes_paper_and_pictures_and_prints_addresses(
    tmp_path: Path, capsys: Any, station: Station
) -> None:
    call_command("print_bay_codes", "riverside", "--output", str(tmp_path / "c.pdf"), "--svg", str(tmp_path / "svg"))
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF-")
    assert sorted(file.name for file in (tmp_path / "svg").iterdir()) == ["riverside-bay-1.svg", "riverside-bay-2.svg"]
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"Riverside, bay {bay.number}: {codes.code_of(bay).url}" for bay in station.bays.all()]
    assert AuditEntry.objects.filter(action="bay.code_printed").count() == 2


def test_the_command_says_what_is_missing() -> None:
    with pytest.raises(CommandError, match="provision_station"):
        call_command("print_bay_codes", "nowhere")


def test_operations_print_the_codes_of_stations_and_bays(station: Station, bay: Bay) -> None:
    person = member_of("Operations")
    client = console(person)
    paper = choose(client, "station", "print_station_codes", station, make_station("hillside"))
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.count(b"/Type /Page\n") == 4
    assert choose(client, "bay", "print_codes", bay).content.count(b"/Type /Page\n") == 1
    picture = choose(client, "bay", "picture_of_code", bay)
    assert picture["Content-Disposition"] == 'attachment; filename="riverside-bay-1.svg"'
    assert set(AuditEntry.objects.filter(action="bay.code_printed").values_list("actor_id", flat=True)) == {person.pk}


def test_two_bays_have_no_common_picture(station: Station) -> None:
    page = choose(console(member_of("Operations")), "bay", "picture_of_code", *station.bays.all())
    assert "Choose one bay" in page.content.decode()


def test_support_prints_and_revokes_nothing(bay: Bay) -> None:
    client = console(member_of("Support"))
    for action in ("print_codes", "picture_of_code"):
        assert choose(client, "bay", action, bay)["Content-Type"].startswith("text/html")
    choose(client, "bay", "revoke_code", bay, reason="Because.")
    bay.refresh_from_db()
    assert bay.token_version == 1
    assert not AuditEntry.objects.filter(action__startswith="bay.code").exists()


def test_a_revoked_code_is_old_and_the_new_one_opens(bay: Bay, settings: Any) -> None:
    settings.PUBLIC_BASE_URL = "https://wash.example"
    client, old = console(member_of("Operations")), path_of(bay)
    assert 'name="reason"' in choose(client, "bay", "revoke_code", bay).content.decode()
    assert Client().get(old).status_code == 200
    choose(client, "bay", "revoke_code", bay, reason="A copy hangs elsewhere.")
    bay.refresh_from_db()
    assert Client().get(old).status_code == 410
    assert Client().get(path_of(bay)).status_code == 200
    assert AuditEntry.objects.get(action="bay.code_revoked").reason == "A copy hangs elsewhere."
