"""A wash follows its station's word: started, finished, stopped, broken; money follows the wash."""

import pytest

from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Command, StationEvent, Wash
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device

pytestmark = pytest.mark.django_db


def status_of(wash: Wash) -> str:
    return Wash.objects.get(pk=wash.pk).status


def revenue() -> int:
    return ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor


def test_accepted_is_not_a_start_only_the_event_is(paid: Wash, device: Device) -> None:
    device.say(device.ack(Command.objects.get(), "accepted"))
    assert status_of(paid) == WashStatus.ACTIVATING
    device.say(device.event("started", paid))
    assert status_of(paid) == WashStatus.RUNNING


def test_a_finished_wash_keeps_its_revenue(running: Wash, device: Device, settle) -> None:
    device.say(device.event("finished", running, used=300))
    settle()
    wash = Wash.objects.get(pk=running.pk)
    assert (wash.status, wash.seconds_used, wash.refunded_minor) == (WashStatus.FINISHED, 300, 0)
    assert revenue() == 900


def test_a_stopped_wash_gives_the_unused_seconds_back(running: Wash, device: Device, settle) -> None:
    device.say(device.event("stopped", running, used=100))
    assert status_of(running) == WashStatus.REFUNDING
    settle()
    wash = Wash.objects.get(pk=running.pk)
    assert (wash.status, wash.refunded_minor) == (WashStatus.PARTIALLY_REFUNDED, 600)
    assert revenue() == 300


def test_a_wash_stopped_in_its_last_second_owes_nothing(running: Wash, device: Device, settle) -> None:
    device.say(device.event("stopped", running, used=300))
    settle()
    assert status_of(running) == WashStatus.STOPPED
    assert revenue() == 900


def test_a_fault_gives_the_unused_seconds_back(running: Wash, device: Device, settle) -> None:
    device.say(device.state("sanitizing", bay=2))
    device.say(device.event("fault", running, used=1))
    settle()
    wash = Wash.objects.get(pk=running.pk)
    assert (wash.status, wash.refunded_minor, wash.reason) == (WashStatus.PARTIALLY_REFUNDED, 897, "bay_fault")


def test_a_fault_before_any_water_gives_everything_back(paid: Wash, device: Device, settle) -> None:
    device.say(device.state("sanitizing", bay=2))
    device.say(device.event("fault", paid, used=0))
    settle()
    assert status_of(paid) == WashStatus.REFUNDED
    assert revenue() == 0


@pytest.mark.parametrize(("result", "reason"), [("rejected", "tank_too_low"), ("expired", None)])
def test_a_start_that_the_station_refuses_is_given_back(paid, device: Device, settle, result: str, reason) -> None:
    device.say(device.ack(Command.objects.get(), result, reason))
    settle()
    assert status_of(paid) == WashStatus.REFUNDED
    assert revenue() == 0


def test_the_same_event_twice_counts_once_and_is_confirmed_twice(running: Wash, device: Device, settle) -> None:
    stop = device.event("stopped", running, used=100)
    first, again = device.say(stop), device.say(stop)
    settle()
    assert first.evacks == again.evacks
    assert len(again.evacks) == 1
    assert StationEvent.objects.filter(type="stopped").count() == 1
    assert revenue() == 300


def test_the_same_event_twice_in_one_batch_counts_once(running: Wash, device: Device, settle) -> None:
    stop = device.event("stopped", running, used=100)
    device.say(stop, stop)
    settle()
    assert revenue() == 300


def test_finished_before_started_is_still_one_finished_wash(paid: Wash, device: Device) -> None:
    late_start = device.event("started", paid)
    device.say(device.event("finished", paid, used=300))
    device.say(late_start)
    wash = Wash.objects.get(pk=paid.pk)
    assert wash.status == WashStatus.FINISHED
    assert not wash.goodwill
    assert [step.to_status for step in wash.transitions.all()] == [
        "awaiting_payment",
        "activating",
        "running",
        "finished",
    ]


def test_fault_before_started_is_no_goodwill(paid: Wash, device: Device, settle) -> None:
    device.say(device.state("sanitizing", bay=2))
    late_start = device.event("started", paid)
    device.say(device.event("fault", paid, used=30))
    device.say(late_start)
    settle()
    wash = Wash.objects.get(pk=paid.pk)
    assert (wash.status, wash.refunded_minor, wash.goodwill) == (WashStatus.PARTIALLY_REFUNDED, 810, False)


def test_a_finish_after_a_stop_changes_nothing(running: Wash, device: Device, settle) -> None:
    device.say(device.event("stopped", running, used=100))
    device.say(device.event("finished", running, used=300))
    settle()
    assert status_of(running) == WashStatus.PARTIALLY_REFUNDED
    assert revenue() == 300


def test_a_reboot_pauses_the_wash_and_the_customer_resumes_it(running: Wash, device: Device) -> None:
    device.boot, device.seq = 2, 0
    device.say(device.state("paused", running, seconds_left=200))
    assert status_of(running) == WashStatus.PAUSED
    device.say(device.state("running", running, seconds_left=200))
    assert status_of(running) == WashStatus.RUNNING


def test_a_pause_that_overtakes_the_start_is_not_lost(paid: Wash, device: Device) -> None:
    device.say(device.state("paused", paid, seconds_left=300))
    device.say(device.event("started", paid))
    assert status_of(paid) == WashStatus.PAUSED


def test_more_seconds_than_were_sold_are_counted_as_sold(running: Wash, device: Device) -> None:
    device.say(device.event("stopped", running, used=9_000))
    wash = Wash.objects.get(pk=running.pk)
    assert (wash.status, wash.seconds_used) == (WashStatus.STOPPED, 300)


def test_the_wash_of_another_bay_is_put_aside(paid: Wash, device: Device) -> None:
    outcome = device.say(device.event("started", paid, bay=2))
    assert (outcome.taken, outcome.dead, len(outcome.evacks)) == (0, 1, 1)
    assert status_of(paid) == WashStatus.ACTIVATING
