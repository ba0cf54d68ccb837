"""A message that breaks a rule is put aside with its reason, confirmed where it can be, and harms nobody."""

import json

import pytest
from django.db import DataError

from apps.stations.models import DeadLetter, Station, Wash
from apps.stations.protocol import topics
from apps.stations.protocol.ulid import make_ulid
from apps.stations.services import device_words
from apps.stations.services.intake import Raw, take_batch
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device

pytestmark = pytest.mark.django_db
ROOT = "pw/v1/st/riverside"


def altered(raw: Raw, **changes: object) -> Raw:
    body = json.loads(raw.payload) | changes
    return Raw(raw.topic, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (f"{ROOT}/bay/1/state", b"{", "not_json"),
        (f"{ROOT}/bay/1/state", b"\xff\xfe\x00", "not_json"),
        (f"{ROOT}/bay/1/state", b"[]", "not_an_object"),
        (f"{ROOT}/bay/1/state", b" " * 4097, "too_long"),
        (f"{ROOT}/bay/0/state", b"{}", "bad_topic"),
        (f"{ROOT}/nonsense", b"{}", "bad_topic"),
        ("elsewhere", b"{}", "bad_topic"),
    ],
)
def test_what_cannot_be_read_is_put_aside(station: Station, topic: str, payload: bytes, reason: str) -> None:
    outcome = take_batch([Raw(topic, payload)])
    assert (outcome.taken, outcome.dead, outcome.evacks) == (0, 1, [])
    assert DeadLetter.objects.get().reason.startswith(f"{reason}:")


def test_unknown_bays_tanks_washes_commands_and_stations_are_put_aside(device: Device, paid: Wash) -> None:
    stranger = Raw(topics.bay_state("nowhere", 1), device.state("idle").payload)
    batch = [
        device.state("idle", bay=9),
        device.level(1, chemical="glue"),
        altered(device.event("started", paid), wash="0197f0a0-7c1e-7000-8000-000000000001"),
        altered(device.event("started", paid), wash="not-a-uuid"),
        stranger,
    ]
    outcome = device.say(*batch)
    assert (outcome.taken, outcome.dead) == (0, 5)
    reasons = [letter.reason.split(":")[0] for letter in DeadLetter.objects.order_by("id")]
    assert sorted(reasons) == ["unknown_bay", "unknown_station", "unknown_tank", "unknown_wash", "unknown_wash"]
    assert len(outcome.evacks) == 2


def test_a_state_may_name_a_wash_that_is_none_of_ours(device: Device, paid: Wash) -> None:
    unknown = "0197f0a0-7c1e-7000-8000-000000000001"
    outcome = device.say(
        altered(device.state("paused", paid), wash="a-technicians-test"),
        altered(device.state("paused", paid, bay=2), wash=unknown),
    )
    assert (outcome.taken, outcome.dead) == (2, 0)
    bays = Station.objects.get().bays.order_by("number").values_list("state", "device_wash")
    assert list(bays) == [("paused", "a-technicians-test"), ("paused", unknown)]


def test_levels_that_cannot_be_are_put_aside(device: Device) -> None:
    negative = altered(device.level(5), level_ml=-1)
    overfull = altered(device.level(5), level_ml=20_001)
    assert device.say(negative, overfull).dead == 2
    assert Station.objects.get().tanks.get(chemical="shampoo").level_ml == 20_000


def test_an_event_that_is_put_aside_is_confirmed_so_that_flash_does_not_fill(device: Device, paid: Wash) -> None:
    event_id = make_ulid()
    poison = Raw(f"{ROOT}/bay/1/event", json.dumps({"event_id": event_id, "type": "exploded"}).encode())
    assert device.say(poison).evacks == [("riverside", event_id)]


def test_poison_in_a_batch_leaves_its_neighbours_alone(device: Device, paid: Wash) -> None:
    outcome = device.say(
        Raw(f"{ROOT}/bay/1/event", b"{"),
        device.event("started", paid),
        Raw(f"{ROOT}/birth", b"{}"),
        device.level(9_000),
    )
    assert (outcome.taken, outcome.dead) == (2, 2)
    assert Wash.objects.get().status == WashStatus.RUNNING
    assert Station.objects.get().tanks.get(chemical="shampoo").level_ml == 9_000


def test_what_the_database_itself_refuses_costs_only_the_culprit(device: Device, paid: Wash, monkeypatch) -> None:

    def refuse(station, birth):
        raise DataError("value out of range")

    monkeypatch.setattr(device_words, "take_birth", refuse)
    birth = {
        "epoch": "epoch-1",
        "boot": 1,
        "fw": "1",
        "bays": [],
        "tanks": [],
        "sessions": [],
        "ts": "2026-01-02T03:04:05Z",
    }
    outcome = device.say(device.event("started", paid), Raw(f"{ROOT}/birth", json.dumps(birth).encode()))
    assert (outcome.taken, outcome.dead) == (1, 1)
    assert Wash.objects.get().status == WashStatus.RUNNING
    assert DeadLetter.objects.get().topic == f"{ROOT}/birth"


def test_a_nul_in_a_payload_does_not_break_the_dead_letter(device: Device) -> None:
    assert device.say(Raw(f"{ROOT}/alert", b'{"a": "\x00"}')).dead == 1
    assert "\\x00" in DeadLetter.objects.get().payload


def test_a_revoked_station_is_not_heard(device: Device, station: Station, settings, tmp_path) -> None:
    from apps.stations.gateways.password_file import PasswordFile
    from apps.stations.services.provisioning import revoke_station

    settings.MQTT_PASSWORD_FILE = str(tmp_path / "passwords")
    settings.MQTT_PID_FILE = ""
    PasswordFile(tmp_path / "passwords").set("riverside", "secret")
    revoke_station(slug="riverside", reason="stolen")
    assert PasswordFile(tmp_path / "passwords").entries() == {}
    assert device.say(device.level(1)).dead == 1
    assert station.tanks.get(chemical="shampoo").level_ml == 20_000
