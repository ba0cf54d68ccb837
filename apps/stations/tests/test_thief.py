"""Somebody has a station's password: what is said with it harms that station at most, and not for ever."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.common.clock import real_now
from apps.stations.models import Bay, DeadLetter, Station, StationEvent, Wash
from apps.stations.services import provisioning
from apps.stations.services.intake import Raw
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db
HIGHEST_BOOT, HIGHEST_SEQ = 2**31 - 1, 2**53 - 1


@pytest.fixture
def thief(station: Station) -> Device:
    """Another station's controller: it may write below `hillside` alone."""
    return Device(make_station("hillside"))


def reasons() -> list[str]:
    return [letter.reason.split(":")[0] for letter in DeadLetter.objects.order_by("id")]


def altered(raw: Raw, **changes: object) -> Raw:
    return Raw(raw.topic, json.dumps(json.loads(raw.payload) | changes).encode())


def test_events_for_a_wash_of_another_station_move_nothing(thief: Device, paid: Wash) -> None:
    said = [thief.event(kind, paid, used=1) for kind in ("started", "finished", "fault", "cancelled", "stopped")]
    outcome = thief.say(*said)
    assert (outcome.taken, outcome.dead, len(outcome.evacks)) == (0, 5, 5)
    assert reasons() == ["wrong_bay"] * 5
    paid.refresh_from_db()
    assert paid.status == "activating"
    assert not StationEvent.objects.exists()


def test_an_answer_to_another_stations_command_is_none(thief: Device, paid: Wash) -> None:
    assert thief.say(thief.ack(paid.commands.get(), "rejected", "no_water")).dead == 1
    assert reasons() == ["unknown_command"]
    paid.refresh_from_db()
    assert paid.status == "activating"


def test_a_state_that_names_another_stations_wash_does_not_pause_it(thief: Device, running: Wash) -> None:
    assert thief.say(thief.state("paused", running, seconds_left=1)).taken == 1
    running.refresh_from_db()
    assert running.status == "running"


@pytest.mark.parametrize(
    ("ts", "refused", "status"),
    [
        ("1970-01-01T00:00:00Z", [], "running"),
        ("2000-01-01T00:00:00+14:00", [], "running"),
        ("9999-12-31T23:59:59-12:00", ["bad_value"] * 4, "activating"),  # no instant that we could keep
    ],
)
def test_a_clock_that_is_wrong_by_years_does_not_stop_the_lane(
    device: Device, paid: Wash, ts: str, refused: list[str], status: str
) -> None:
    outcome = device.say(
        altered(device.event("started", paid), ts=ts),
        altered(device.state("running", paid, seconds_left=300), ts=ts),
        altered(device.level(7_000), ts=ts),
        altered(device.conn(), ts=ts),
    )
    assert (outcome.taken, outcome.dead, len(outcome.evacks)) == (4 - len(refused), len(refused), 1)
    assert reasons() == refused
    paid.refresh_from_db()
    assert paid.status == status


@pytest.mark.parametrize("hours", [-7, 7])
def test_a_clock_that_is_wrong_by_hours_starts_the_wash_all_the_same(device: Device, paid: Wash, hours: int) -> None:
    ts = (real_now() + timedelta(hours=hours)).isoformat()
    assert device.say(altered(device.event("started", paid), ts=ts)).taken == 1
    paid.refresh_from_db()
    assert paid.status == "running"


def test_who_counted_to_the_end_silences_the_device_until_it_has_new_credentials(
    device: Device, station: Station, settings: Any, tmp_path: Path
) -> None:
    settings.MQTT_PASSWORD_FILE, settings.MQTT_PID_FILE = str(tmp_path / "passwords"), ""
    highest: dict[str, Any] = {"boot": HIGHEST_BOOT, "seq": HIGHEST_SEQ}
    device.say(
        altered(device.conn(online=False), boot=HIGHEST_BOOT),
        device.state("fault", fault="stolen", **highest),
        device.level(1, **highest),
    )
    device.say(device.conn(), device.state("idle"), device.level(9_000))
    assert (Bay.objects.get(station=station, number=1).state, Station.objects.get().online) == ("fault", False)
    provisioning.provision_station(slug="riverside", name="", bays=2, rotate=True)
    device.say(device.conn(), device.state("idle"), device.level(9_000))
    assert (Bay.objects.get(station=station, number=1).state, Station.objects.get().online) == ("idle", True)
    assert station.tanks.get(chemical="shampoo").level_ml == 9_000


def test_what_is_too_long_by_one_byte_is_put_aside(device: Device) -> None:
    level = device.level(7_000)
    fits = level.payload + b" " * (4_096 - len(level.payload))
    assert device.say(Raw(level.topic, fits)).taken == 1
    assert device.say(Raw(level.topic, fits + b" ")).dead == 1
    assert reasons() == ["too_long"]
