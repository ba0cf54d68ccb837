"""A station complains of what it has: its tanks, its bays and the protocol's parts; nothing else opens an alert."""

from pathlib import Path

import pytest

from apps.stations.models import Alert, AlertReport, DeadLetter, Station, Tank
from apps.stations.protocol.words import Part
from apps.stations.services import replay
from apps.stations.tests.device import Device

PAGE = Path(__file__).resolve().parents[3] / "docs" / "protocol.md"
pytestmark = pytest.mark.django_db


def components() -> list[str]:
    return list(Alert.objects.order_by("component").values_list("component", flat=True))


def test_a_part_a_bay_and_a_tank_are_taken(device: Device) -> None:
    said = device.say(*[device.complaint(component=name) for name in ("pump", "bay-2", "shampoo")])
    assert (said.taken, said.dead, len(said.evacks)) == (3, 0, 3)
    assert components() == ["bay:2", "pump", "tank:shampoo"]


def test_a_bay_that_complains_and_then_reports_its_fault_has_one_alert(device: Device) -> None:
    device.say(device.complaint(component="bay-1"), device.state("fault", fault="no_water"))
    assert list(Alert.objects.values_list("component", "severity")) == [("bay:1", "critical")]


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"component": "pump-1"}, "unknown_component"),
        ({"component": "bay-3"}, "unknown_component"),
        ({"component": "bay-01"}, "unknown_component"),
        ({"component": "bay-99999999999999999999"}, "unknown_component"),
        ({"component": "connection"}, "unknown_component"),
        ({"component": "flood"}, "unknown_component"),
        ({"chemical": "glue", "level_pct": 3}, "unknown_tank"),
        ({"chemical": "pump", "level_pct": 3}, "unknown_tank"),
    ],
)
def test_what_it_does_not_have_is_put_aside_and_evacked(device: Device, about: dict[str, str], reason: str) -> None:
    word = device.complaint(**about)
    said, again = device.say(word), device.say(word)
    assert said.reasons == {reason: 1}
    assert len(said.evacks) == 1
    assert again.evacks == said.evacks
    assert DeadLetter.objects.latest("id").reason.startswith(f"{reason}: ")
    assert not Alert.objects.exists()
    assert not AlertReport.objects.exists()


def test_its_neighbours_in_the_batch_are_taken(device: Device) -> None:
    said = device.say(device.complaint(component="pump"), device.complaint(component="gizmo"), device.level(1_000))
    assert (said.taken, said.reasons) == (2, {"unknown_component": 1})
    assert components() == ["pump", "tank:shampoo"]


def test_many_inventions_open_no_alert(device: Device) -> None:
    device.say(*[device.complaint(component=f"part-{number}") for number in range(300)])
    assert not Alert.objects.exists()


def test_once_the_tank_is_entered_the_letter_can_be_taken(device: Device, station: Station, agent) -> None:
    device.say(device.complaint(chemical="glue", level_pct=3))
    Tank.objects.create(station=station, chemical="glue", capacity_ml=1_000)
    assert replay.replay(agent, DeadLetter.objects.get().pk, reason="entered").outcome == "taken"
    assert components() == ["tank:glue"]


def test_the_document_lists_the_parts() -> None:
    assert f"`{' '.join(Part)}`" in PAGE.read_text(encoding="utf-8")
