"""A command is sent at once and again after 3, 8 and 15 seconds, the same bytes, until it is answered."""

from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.stations.models import Command, Wash
from apps.stations.services import commands
from apps.stations.tests.device import Device

pytestmark = pytest.mark.django_db


def test_resends_are_the_same_and_come_after_3_8_and_15_seconds(paid: Wash) -> None:
    start = real_now() + timedelta(seconds=1)
    sent = {}
    for second in range(30):
        for outgoing in commands.claim_due(start + timedelta(seconds=second)):
            sent[second] = outgoing
    assert list(sent) == [0, 3, 8, 15]
    assert len(set(sent.values())) == 1


def test_an_answer_ends_the_resends(paid: Wash, device: Device) -> None:
    now = real_now()
    assert len(commands.claim_due(now)) == 1
    device.say(device.ack(Command.objects.get(), "accepted"))
    assert commands.claim_due(now + timedelta(seconds=20)) == []


def test_what_has_expired_is_never_sent(paid: Wash) -> None:
    assert commands.claim_due(real_now() + timedelta(seconds=31)) == []
    assert Command.objects.get().result == "expired"


def test_a_duplicate_proves_arrival_and_a_better_answer_stays(paid: Wash, device: Device) -> None:
    command = Command.objects.get()
    device.say(device.ack(command, "duplicate"))
    device.say(device.ack(command, "accepted"))
    device.say(device.ack(command, "duplicate"))
    command.refresh_from_db()
    assert (command.result, command.next_attempt_at) == ("accepted", None)


def test_an_answer_to_a_command_that_was_never_sent_is_put_aside(paid: Wash, device: Device) -> None:
    command = Command.objects.get()
    command.ulid = "01J9Z3K4M5N6P7Q8R9S0T1V2W3"
    assert device.say(device.ack(command, "accepted")).dead == 1


def test_another_station_cannot_answer_for_this_one(paid: Wash) -> None:
    from apps.stations.tests.factories import make_station

    stranger = Device(make_station("hillside"))
    assert stranger.say(stranger.ack(Command.objects.get(), "rejected", "bay_busy")).dead == 1
    assert Wash.objects.get(pk=paid.pk).status == "activating"


def test_two_bridges_never_send_the_same_attempt(paid: Wash) -> None:
    now = real_now()
    assert len(commands.claim_due(now)) + len(commands.claim_due(now)) == 1
