"""Two failed starts in a row lock a bay: it is not sold before somebody has looked."""

from datetime import timedelta

import pytest

from apps.common.models import AuditEntry
from apps.stations.models import Alert, Bay, Command, Wash
from apps.stations.selectors import live_status
from apps.stations.services import bay_locks, visits
from apps.stations.tests.device import Device, sent_commands
from apps.stations.tests.factories import bay_token
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db


def fail(buy, device: Device) -> None:
    """Buy, and let the bay refuse the start."""
    buy()
    device.say(device.ack(Command.objects.filter(type="start").latest("id"), "rejected", "bay_fault"))


@pytest.fixture
def locked(buy, device: Device, bay: Bay, settle) -> Bay:
    fail(buy, device)
    fail(buy, device)
    settle()
    bay.refresh_from_db()
    assert bay.locked_at is not None
    return bay


def order(api, bay: Bay):
    body = {
        "bay_id": str(bay.public_id),
        "bay_token": bay_token(bay),
        "program": "quick",
        "payment_method": "pm_card_visa",
    }
    return api().post("/api/v1/wash/payment/activate", body, headers={"Idempotency-Key": "a-fresh-key"})


def test_a_locked_bay_is_shown_and_refused_before_any_payment(api, locked: Bay, stripe_sandbox) -> None:
    charges, washes = len(stripe_sandbox.objects("charge")), Wash.objects.count()
    answer = order(api, locked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "bay_fault")
    assert answer.json()["error"]["details"] == {"fault": "locked"}
    assert (len(stripe_sandbox.objects("charge")), Wash.objects.count()) == (charges, washes)
    assert [bay["state"] for bay in live_status()[0]["bays"]] == ["fault", "idle"]
    assert [(alert.component, alert.severity) for alert in Alert.objects.all()] == [("bay:1:locked", "critical")]


def test_one_failure_locks_nothing(buy, device: Device, bay: Bay) -> None:
    fail(buy, device)
    bay.refresh_from_db()
    assert (bay.failed_starts, bay.locked_at) == (1, None)
    assert buy().wash.status == "activating"


def test_a_start_in_between_begins_the_count_anew(buy, device: Device, bay: Bay) -> None:
    fail(buy, device)
    wash = buy().wash
    device.say(device.event("started", wash), device.event("finished", wash, used=300))
    fail(buy, device)
    bay.refresh_from_db()
    assert (bay.failed_starts, bay.locked_at) == (1, None)


@pytest.mark.parametrize("way", ["cancelled", "cancelled_before"])
def test_what_the_customer_took_back_is_not_the_bays_failure(api, buy, device: Device, bay: Bay, way: str) -> None:
    for _ in range(2):
        sold = buy()
        api().post(f"/api/v1/wash/{sold.wash.public_id}/stop", headers={"X-Wash-Token": sold.wash_token})
        if way == "cancelled":
            device.say(device.ack(Command.objects.filter(type="cancel").latest("id"), "cancelled"))
        else:
            device.say(device.ack(Command.objects.filter(type="start").latest("id"), "rejected", way))
    bay.refresh_from_db()
    assert (bay.failed_starts, bay.locked_at) == (0, None)


def test_a_fault_before_any_water_is_a_failed_start(buy, device: Device, bay: Bay) -> None:
    device.say(device.state("sanitizing", bay=2))
    for _ in range(2):
        device.say(device.event("fault", buy().wash))
    bay.refresh_from_db()
    assert bay.locked_at is not None


def test_staff_unlock_it_with_a_reason(api, locked: Bay) -> None:
    person = member_of("Operations")
    bay_locks.unlock_by_hand(person, str(locked.public_id), reason="valve replaced")
    locked.refresh_from_db()
    assert (locked.locked_at, locked.failed_starts) == (None, 0)
    entry = AuditEntry.objects.get(action="bay.unlocked")
    assert (entry.actor_id, entry.reason) == (person.pk, "valve replaced")
    assert not Alert.objects.filter(cleared_at=None).exists()
    assert order(api, locked).status_code == 202


def test_a_bay_that_answers_to_identify_is_unlocked(locked: Bay, device: Device) -> None:
    bay_locks.identify(member_of("Operations"), str(locked.public_id), reason="on site")
    [command] = sent_commands("identify")
    assert (command.bay, command.wash) == (1, None)
    device.say(device.ack(Command.objects.get(type="identify"), "accepted"))
    locked.refresh_from_db()
    assert locked.locked_at is None


def test_a_bay_that_does_not_answer_stays_locked(locked: Bay, device: Device) -> None:
    bay_locks.identify(member_of("Operations"), str(locked.public_id), reason="on site")
    device.say(device.ack(Command.objects.get(type="identify"), "rejected", "clock_not_synchronised"))
    locked.refresh_from_db()
    assert locked.locked_at is not None


@pytest.mark.parametrize(("minutes", "is_locked"), [(1, False), (-1, True)])
def test_a_visit_after_the_lock_unlocks_it(locked: Bay, minutes: int, is_locked: bool) -> None:
    assert locked.locked_at
    at = locked.locked_at + timedelta(minutes=minutes)
    person = member_of("Operations")
    visits.record_visit(person, "riverside", key="a-form", visited_at=at, done="Changed the valve.")
    locked.refresh_from_db()
    assert (locked.locked_at is not None) is is_locked
