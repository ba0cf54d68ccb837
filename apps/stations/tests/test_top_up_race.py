"""Many top-ups of one wash at once, and a death in between: one charge, one command, one total."""

from collections import Counter
from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments.services import charging
from apps.stations.models import Command, TopUp, Wash
from apps.stations.services import top_up_sweeps
from apps.stations.services.top_ups import TopUpOrder, top_up
from apps.stations.tests.device import Device
from apps.stations.tests.factories import buy_wash, make_station
from petwash.testing.races import crowd, race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe_sandbox")]


class Killed(BaseException):
    """The process is gone; no handler of exceptions sees it."""


@pytest.fixture
def token() -> str:
    """The token of a wash that runs."""
    station = make_station()
    sold = buy_wash(station.bays.get(number=1))
    device = Device(station)
    device.say(device.event("started", sold.wash), device.state("running", sold.wash, seconds_left=300))
    return sold.wash_token


def add(token: str, key: str, expected: int = 300) -> str:
    wash = str(Wash.objects.get().public_id)
    order = TopUpOrder(expected, 100, "pm_card_visa")
    top_up(wash_id=wash, wash_token=token, order=order, key=key, address="192.0.2.7")
    return "sold"


def revenue() -> int:
    return ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor


def test_of_eight_at_once_one_is_charged(token: str, stripe_sandbox) -> None:
    assert Counter(crowd(8, lambda index: add(token, f"key-{index}"))) == {"sold": 1, "total_changed": 7}
    assert len(stripe_sandbox.objects("charge")) == 2
    assert Command.objects.filter(type="top_up").count() == 1
    assert (Wash.objects.get().total_seconds, TopUp.objects.count(), revenue()) == (400, 1, 1_200)


def test_the_same_key_at_once_is_one_top_up(token: str, stripe_sandbox) -> None:
    assert Counter(crowd(6, lambda _: add(token, "one-key"))) == {"sold": 6}
    assert len(stripe_sandbox.objects("charge")) == 2
    assert (Wash.objects.get().total_seconds, TopUp.objects.count(), revenue()) == (400, 1, 1_200)


def test_a_top_up_against_the_end_of_its_wash_is_sold_or_given_back(token: str, settle) -> None:
    wash = Wash.objects.get()
    device = Device(wash.bay.station)
    device.seq = 10
    race(lambda: add(token, "one-key"), lambda: device.say(device.event("stopped", wash, used=100)))
    settle()
    wash.refresh_from_db()
    assert (wash.status, wash.total_seconds, wash.refunded_minor) == ("partially_refunded", 300, 600)
    assert {row.status for row in TopUp.objects.all()} <= {"refunded", "cancelled"}
    assert revenue() == 300


@pytest.mark.parametrize("at", ["before_the_call", "after_the_call"])
def test_a_death_around_the_charge_is_finished_by_the_repeat(token: str, stripe_sandbox, monkeypatch, at: str) -> None:
    alive = charging._charge

    def die(*given: object) -> object:
        if at == "after_the_call":
            alive(*given)  # type: ignore[arg-type]  # the same arguments go through
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(charging, "_charge", die)
        add(token, "one-key")
    assert Wash.objects.get().total_seconds == 300
    from apps.payments import services as payments
    from apps.payments.models import Operation

    Operation.objects.update(lease_until=real_now() - timedelta(seconds=1))
    payments.resume_stale()
    assert add(token, "one-key") == "sold"
    assert len([charge for charge in stripe_sandbox.objects("charge") if charge["paid"]]) == 2
    assert (Wash.objects.get().total_seconds, TopUp.objects.get().status, revenue()) == (400, "paid", 1_200)


def test_a_death_before_the_charge_that_nobody_repeats_costs_nothing(token: str, stripe_sandbox, monkeypatch) -> None:
    from apps.payments import services as payments

    def die(payment_id: str) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(payments, "execute_payment", die)
        add(token, "one-key")
    TopUp.objects.update(lease_expires_at=real_now() - timedelta(seconds=1))
    assert top_up_sweeps.sweep_top_ups() == 1
    assert len(stripe_sandbox.objects("charge")) == 1
    assert (TopUp.objects.get().status, revenue()) == ("cancelled", 900)
    assert Wash.objects.get().ml == {"shampoo": 150, "disinfectant": 50}


def test_two_sweeps_give_an_unconfirmed_one_back_once(token: str, settle) -> None:
    add(token, "one-key")
    TopUp.objects.update(paid_at=real_now() - timedelta(seconds=90))
    Command.objects.filter(type="top_up").update(expires_at=real_now() - timedelta(seconds=60))
    race(*[top_up_sweeps.sweep_top_ups] * 4)
    settle()
    assert (TopUp.objects.get().status, Wash.objects.get().total_seconds, revenue()) == ("refunded", 300, 900)
