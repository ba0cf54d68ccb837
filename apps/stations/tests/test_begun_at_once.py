"""The word that water runs shows the bay as running, and waits for no telemetry."""

from typing import Any

import pytest

from apps.stations.models import Bay, Command, Wash
from apps.stations.tests.device import Device

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(device: Device, bay: Bay) -> Device:
    """The controller, whose bay has reported since its boot."""
    device.say(device.state("idle"))
    return device


def seen(bay: Bay) -> tuple[Any, ...]:
    bay.refresh_from_db()
    return bay.state, bay.seconds_left, bay.device_wash, bay.seq


def test_the_event_alone_shows_that_the_bay_runs(heard: Device, bay: Bay, paid: Wash) -> None:
    outcome = heard.say(heard.ack(Command.objects.get(), "accepted"), heard.event("started", paid))
    assert outcome.changed == {"riverside"}
    assert seen(bay) == ("running", 300, str(paid.public_id), heard.seq)


def test_the_states_around_it_change_nothing_more(heard: Device, bay: Bay, paid: Wash) -> None:
    ready, started = heard.state("ready", paid, seconds_left=300), heard.event("started", paid)
    running = heard.state("running", paid, seconds_left=300)
    heard.say(started)
    assert heard.say(ready).changed == set()
    assert heard.say(running).changed == set()
    assert seen(bay) == ("running", 300, str(paid.public_id), heard.seq)


def test_an_event_that_the_next_state_overtook_changes_nothing(heard: Device, bay: Bay, paid: Wash) -> None:
    started = heard.event("started", paid)
    heard.say(heard.state("fault", fault="pump"))
    assert heard.say(started).changed == set()
    assert seen(bay) == ("fault", 0, "", heard.seq)


@pytest.mark.parametrize("history", [{"offline": True}, {"boot": 0}, {"boot": 2}])
def test_history_and_other_boots_say_nothing_of_now(
    heard: Device, bay: Bay, paid: Wash, history: dict[str, Any]
) -> None:
    assert heard.say(heard.event("started", paid, **history)).changed == set()
    assert seen(bay) == ("idle", 0, "", 1)
    paid.refresh_from_db()
    assert paid.status == "running"


def test_an_answer_alone_is_nothing_to_see(heard: Device, paid: Wash) -> None:
    assert heard.say(heard.ack(Command.objects.get(), "accepted")).changed == set()
    assert heard.say(heard.ack(Command.objects.get(), "duplicate")).changed == set()


def test_a_refused_start_may_have_locked_the_bay(heard: Device, paid: Wash) -> None:
    assert heard.say(heard.ack(Command.objects.get(), "rejected", "bay_busy")).changed == {"riverside"}
