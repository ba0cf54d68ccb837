"""A bay that still holds a wash which was given back: it is told to let go, and sold to nobody before it has."""

from datetime import timedelta
from typing import Any

import pytest

from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.common.ids import uuid7
from apps.stations.models import Command, Station, Wash
from apps.stations.services import leftovers, sweeps
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device, sent_commands
from apps.stations.tests.test_unconfirmed_start import age, status_of

pytestmark = pytest.mark.django_db


def later(seconds: int = 60) -> None:
    """Let every command expire and every end lie that far in the past."""
    gap = timedelta(seconds=seconds)
    for wash in Wash.objects.exclude(ended_at=None):
        Wash.objects.filter(pk=wash.pk).update(ended_at=real_now() - gap)
    Command.objects.update(expires_at=real_now() - gap)


@pytest.fixture
def held(paid: Wash, device: Device, settle: Any) -> Wash:
    """A wash that its bay accepted, and that was given back while the station was away."""
    device.say(device.state("ready", paid))
    Station.objects.update(online=False)
    age(paid, 120)
    sweeps.sweep_starts()
    settle()
    assert status_of(paid) == WashStatus.REFUNDED
    later()
    Station.objects.update(online=True)
    return paid


def test_the_bay_is_told_to_cancel_once_while_the_command_lives(held: Wash) -> None:
    assert leftovers.sweep_leftovers() == 1
    assert leftovers.sweep_leftovers() == 0
    assert [cancel.wash for cancel in sent_commands("cancel")] == [str(held.public_id)]
    later()
    assert leftovers.sweep_leftovers() == 1


def test_what_the_bay_answers_moves_no_more_money(held: Wash, device: Device, settle: Any) -> None:
    leftovers.sweep_leftovers()
    before = Wash.objects.get(pk=held.pk)
    answer = device.ack(Command.objects.get(type="cancel"), "cancelled")
    device.say(answer, device.event("cancelled", held), device.state("idle"))
    settle()
    after = Wash.objects.get(pk=held.pk)
    assert (after.status, after.refunded_minor) == (before.status, before.refunded_minor)
    later()
    assert leftovers.sweep_leftovers() == 0


def test_nobody_buys_a_bay_that_holds_somebody_elses_wash(held: Wash, device: Device, buy: Any) -> None:
    with pytest.raises(Conflict) as refusal:
        buy()
    assert refusal.value.code == "bay_busy"
    device.say(device.state("idle"))
    assert buy().wash.status == WashStatus.ACTIVATING


def test_a_station_that_is_away_is_not_told(held: Wash) -> None:
    Station.objects.update(online=False)
    assert leftovers.sweep_leftovers() == 0


def test_a_wash_that_goes_on_is_left_alone(paid: Wash, device: Device) -> None:
    device.say(device.state("ready", paid))
    assert leftovers.sweep_leftovers() == 0
    assert sent_commands("cancel") == []


def test_a_bay_has_a_moment_to_let_go_by_itself(held: Wash) -> None:
    Wash.objects.update(ended_at=real_now())
    assert leftovers.sweep_leftovers() == 0


def test_a_paused_wash_that_was_written_off_is_stopped(running: Wash, device: Device) -> None:
    device.say(device.state("paused", running, seconds_left=100))
    Wash.objects.update(status=WashStatus.STOPPED, reason="written_off", ended_at=real_now() - timedelta(minutes=1))
    assert leftovers.sweep_leftovers() == 1
    assert [stop.wash for stop in sent_commands("stop")] == [str(running.public_id)]


def test_a_gift_that_paused_waits_for_its_customer(held: Wash, device: Device) -> None:
    device.say(device.event("started", held), device.state("paused", held, seconds_left=100))
    later()
    assert leftovers.sweep_leftovers() == 0


def test_a_wash_that_we_do_not_know_is_not_ours_to_end(station: Station, device: Device) -> None:
    device.say(device.state("ready", Wash(public_id=uuid7())))
    assert leftovers.sweep_leftovers() == 0
