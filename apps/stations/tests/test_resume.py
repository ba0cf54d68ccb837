"""A paused wash goes on when its customer says so, and only then."""

import pytest

from apps.stations.models import Command, Station, Wash
from apps.stations.tests.device import Device, sent_commands
from apps.stations.tests.top_ups import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def paused(customer: Customer, device: Device) -> Customer:
    """A customer whose bay has lost power for a moment."""
    device.boot, device.seq = 2, 0
    device.say(device.state("paused", customer.wash, seconds_left=200))
    return customer


def test_resuming_asks_the_bay_once_and_follows_its_word(paused: Customer, device: Device) -> None:
    for _ in range(2):
        answer = paused.post("resume")
        assert (answer.status_code, answer.json()["status"]) == (202, "paused")
    [command] = sent_commands("resume")
    assert (command.bay, command.wash, command.total_seconds) == (1, str(paused.wash.public_id), None)
    device.say(device.state("running", paused.wash, seconds_left=200))
    assert paused.post("resume").json()["status"] == "running"
    assert Command.objects.filter(type="resume").count() == 1


def test_a_stranger_resumes_nothing(paused: Customer) -> None:
    assert paused.post("resume", token="wash1.guess").status_code == 404
    assert not Command.objects.filter(type="resume").exists()


def test_an_offline_station_cannot_be_told(paused: Customer) -> None:
    Station.objects.update(online=False)
    answer = paused.post("resume")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "bay_offline")
    assert not Command.objects.filter(type="resume").exists()


@pytest.mark.parametrize("status", ["activating", "finished", "refunded"])
def test_what_is_not_paused_is_refused(customer: Customer, status: str) -> None:
    Wash.objects.update(status=status)
    answer = customer.post("resume")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wash_not_paused")
    assert not Command.objects.filter(type="resume").exists()
