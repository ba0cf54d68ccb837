"""A station that passes for online and has died without a word is found out by a question, not by its silence."""

from datetime import timedelta
from typing import Any

import pytest

from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.stations.models import Alert, Command, Station
from apps.stations.protocol import messages, topics
from apps.stations.services import silence, sweeps
from apps.stations.services.intake import Raw
from apps.stations.tests.device import Device, sent_commands

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiet(station: Station, device: Device) -> Station:
    """A station that is said to be online, and that was last heard of two minutes ago."""
    device.say(device.conn())
    Station.objects.update(last_seen_at=real_now() - timedelta(minutes=2))
    return station


def expire() -> None:
    Command.objects.update(expires_at=real_now() - timedelta(seconds=1))


def online() -> bool:
    return Station.objects.get().online


def test_a_station_that_talks_is_not_asked(station: Station, device: Device) -> None:
    device.say(device.conn())
    assert silence.sweep_silence() == 0
    assert not Command.objects.exists()


def test_a_quiet_station_is_asked_once_and_is_offline_when_it_does_not_answer(quiet: Station, buy: Any) -> None:
    assert (silence.sweep_silence(), silence.sweep_silence()) == (0, 0)
    assert len(sent_commands("rebirth")) == 1
    assert (silence.sweep_silence(), online()) == (0, True)
    expire()
    assert (silence.sweep_silence(), online()) == (1, False)
    with pytest.raises(Conflict) as refusal:
        buy()
    assert refusal.value.code == "bay_offline"
    Station.objects.update(connection_changed_at=real_now() - timedelta(minutes=2))
    sweeps.sweep_connections()
    assert [alert.component for alert in Alert.objects.all()] == ["connection"]


def test_a_station_that_answers_stays(quiet: Station, device: Device) -> None:
    silence.sweep_silence()
    sent_commands("rebirth")
    device.say(device.ack(Command.objects.get(), "accepted"))
    expire()
    assert (silence.sweep_silence(), online()) == (0, True)


def test_a_question_that_never_left_us_proves_nothing(quiet: Station) -> None:
    silence.sweep_silence()
    expire()
    assert (silence.sweep_silence(), online()) == (0, True)
    assert Command.objects.count() == 2


def test_who_comes_back_is_online_again(quiet: Station, device: Device) -> None:
    silence.sweep_silence()
    sent_commands("rebirth")
    expire()
    silence.sweep_silence()
    device.say(device.conn())
    assert online()


def test_the_inventory_that_answers_late_proves_life_too(quiet: Station, device: Device) -> None:
    Station.objects.update(online=False)
    word = messages.Birth(device.epoch, device.boot, "1.0", (), (), (), real_now())
    device.say(Raw(topics.birth(device.slug), word.to_json()))
    assert online()


def test_an_older_boots_inventory_proves_nothing(quiet: Station, device: Device) -> None:
    Station.objects.update(online=False, boot=device.boot + 1)
    word = messages.Birth(device.epoch, device.boot, "1.0", (), (), (), real_now())
    device.say(Raw(topics.birth(device.slug), word.to_json()))
    assert not online()


def test_a_revoked_station_is_left_alone(quiet: Station) -> None:
    Station.objects.update(revoked_at=real_now())
    assert silence.sweep_silence() == 0
    assert not Command.objects.exists()
