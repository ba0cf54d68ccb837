"""Who is online: last wills of older boots are ignored, a new board is adopted and reported."""

from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.stations import selectors
from apps.stations.models import Alert, Bay, Command, Station, Tank
from apps.stations.services import sweeps
from apps.stations.tests.device import Device

pytestmark = pytest.mark.django_db


def test_a_last_will_takes_the_station_and_its_bays_offline(device: Device, station: Station) -> None:
    device.say(device.conn(online=False))
    picture = selectors.live_status(["riverside"])[0]
    assert not picture["online"]
    assert {bay["state"] for bay in picture["bays"]} == {"offline"}


def test_the_last_will_of_an_older_boot_is_ignored(device: Device, station: Station) -> None:
    old_will = device.conn(online=False)
    device.boot = 2
    device.say(device.conn())
    device.say(old_will)
    station.refresh_from_db()
    assert (station.online, station.boot) == (True, 2)


def test_the_last_will_of_another_epoch_is_ignored(device: Device, station: Station) -> None:
    other = Device(station, epoch="epoch-0", boot=9)
    device.say(other.conn(online=False))
    station.refresh_from_db()
    assert (station.online, station.epoch) == (True, "epoch-1")


def test_a_new_epoch_starts_the_counters_anew_calls_staff_and_asks_for_everything(
    device: Device, station: Station, bay: Bay
) -> None:
    device.boot = 7
    device.say(device.conn(), device.state("sanitizing"), device.level(9_000))
    board = Device(station, epoch="epoch-2", boot=1)
    device.say(board.conn())
    device.say(board.state("idle"), board.level(8_000))
    bay.refresh_from_db()
    assert (bay.state, bay.boot) == ("idle", 1)
    assert Tank.objects.get(chemical="shampoo").level_ml == 8_000
    assert [alert.component for alert in Alert.objects.filter(cleared_at=None)] == ["controller"]
    assert [command.type for command in Command.objects.all()] == ["rebirth"]


def test_the_first_epoch_of_a_new_station_is_no_alarm(db) -> None:
    from apps.stations.tests.factories import make_station

    fresh = make_station("fresh", ready=False)
    device = Device(fresh, epoch="first")
    device.say(device.conn())
    fresh.refresh_from_db()
    assert (fresh.online, fresh.epoch) == (True, "first")
    assert not Alert.objects.exists()


def test_a_minute_of_silence_raises_one_alert_and_the_return_clears_it(device: Device, station: Station) -> None:
    device.say(device.conn(online=False))
    assert sweeps.sweep_connections() == 0
    Station.objects.update(connection_changed_at=real_now() - timedelta(seconds=61))
    sweeps.sweep_connections()
    sweeps.sweep_connections()
    alert = Alert.objects.get()
    assert (alert.component, alert.severity, alert.cleared_at) == ("connection", "critical", None)
    device.say(device.conn())
    alert.refresh_from_db()
    assert alert.cleared_at is not None
    assert [entry.change for entry in alert.entries.all()] == ["raised", "cleared"]


def test_an_inventory_corrects_a_capacity(device: Device, station: Station) -> None:
    import json

    from apps.stations.services.intake import Raw

    birth = {
        "epoch": "epoch-1",
        "boot": 1,
        "fw": "1.0",
        "bays": [{"bay": 1, "state": "idle"}],
        "tanks": [{"chemical": "shampoo", "capacity_ml": 25_000}],
        "sessions": [],
        "ts": "2026-01-02T03:04:05Z",
    }
    assert device.say(Raw("pw/v1/st/riverside/birth", json.dumps(birth).encode())).taken == 1
    assert Tank.objects.get(chemical="shampoo").capacity_ml == 25_000
