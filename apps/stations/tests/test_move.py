"""After a fault the remaining seconds go on at the free bay: one wash, one payment, no refund of what moved."""

from collections import Counter
from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Bay, Command, DeadLetter, Station, StationEvent, Tank, TopUp, Wash, WashMove
from apps.stations.services import moving, sweeps
from apps.stations.states import BayState
from apps.stations.tests.device import Device, sent_commands
from apps.stations.tests.factories import bay_token, buy_wash, make_station
from apps.stations.tests.top_ups import Customer
from petwash.testing.races import race

pytestmark = pytest.mark.django_db


def revenue() -> int:
    return ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor


@pytest.fixture
def other(station: Station) -> Bay:
    """The bay that is free."""
    return station.bays.get(number=2)


@pytest.fixture
def interrupted(customer: Customer, device: Device) -> Customer:
    """A customer whose bay broke down after 100 of 300 seconds."""
    device.say(
        device.event("fault", customer.wash, used=100), device.state("fault", bay=1, fault="no_water", seconds_left=0)
    )
    return customer


def go(customer: Customer, bay: Bay, **changes: str):
    return customer.post("move", {"bay_id": str(bay.public_id), "bay_token": bay_token(bay)} | changes)


def test_a_fault_offers_the_free_bay_and_refunds_nothing_yet(interrupted: Customer, other: Bay, settle) -> None:
    settle()
    shown = interrupted.show()
    assert (shown["status"], shown["seconds_left"]) == ("interrupted", 200)
    assert shown["can_move_to"] == [{"id": str(other.public_id), "number": 2}]
    assert shown["move_until"]
    assert (revenue(), Wash.objects.get().refund_id) == (900, "")


def test_moving_starts_the_rest_there_without_a_charge_or_a_refund(
    interrupted: Customer, device: Device, other: Bay, stripe_sandbox, settle
) -> None:
    answer = go(interrupted, other)
    assert (answer.status_code, answer.json()["status"]) == (202, "activating")
    assert (answer.json()["bay_id"], answer.json()["seconds_left"]) == (str(other.public_id), 200)
    assert (answer.json()["can_move_to"], answer.json()["move_until"]) == ([], None)
    start = sent_commands("start")[-1]
    assert (start.bay, start.total_seconds, start.program) == (2, 200, "quick")
    wash = Wash.objects.get()
    device.say(device.event("started", wash, bay=2), device.state("running", wash, bay=2, seconds_left=200))
    assert interrupted.show()["seconds_left"] == 200
    device.say(device.event("finished", wash, bay=2, used=200))
    settle()
    wash.refresh_from_db()
    assert (wash.status, wash.seconds_used, wash.refunded_minor) == ("finished", 300, 0)
    assert len(stripe_sandbox.objects("charge")) == 1
    assert stripe_sandbox.objects("refund") == []
    assert revenue() == 900


def test_a_stop_at_the_other_bay_counts_the_seconds_of_both(interrupted, device: Device, other: Bay, settle) -> None:
    go(interrupted, other)
    wash = Wash.objects.get()
    device.say(device.event("started", wash, bay=2), device.event("stopped", wash, bay=2, used=50))
    settle()
    wash.refresh_from_db()
    assert (wash.status, wash.seconds_used, wash.refunded_minor) == ("partially_refunded", 150, 450)
    assert revenue() == 450


def test_a_repeat_moves_once(interrupted: Customer, other: Bay) -> None:
    first, again = go(interrupted, other), go(interrupted, other)
    assert (first.status_code, again.status_code) == (202, 202)
    assert Command.objects.filter(type="start").count() == 2
    assert WashMove.objects.count() == 1


def test_the_old_bays_late_words_move_nothing(interrupted, device: Device, other: Bay, settle) -> None:
    old_start = Command.objects.get(type="start")
    go(interrupted, other)
    wash = Wash.objects.get()
    device.say(
        device.ack(old_start, "rejected", "bay_fault"),
        device.event("started", wash),
        device.event("cancelled", wash),
        device.event("fault", wash, used=250),
        device.event("stopped", wash, used=250),
        device.event("finished", wash, used=300),
    )
    settle()
    wash.refresh_from_db()
    assert (wash.status, wash.seconds_used, wash.refund_id) == ("activating", 100, "")
    assert not DeadLetter.objects.exists()
    assert StationEvent.objects.filter(wash=wash).count() == 7
    assert revenue() == 900


def test_a_start_that_fails_there_gives_the_rest_back(interrupted, device: Device, other: Bay, settle) -> None:
    go(interrupted, other)
    device.say(device.ack(Command.objects.filter(type="start").latest("id"), "rejected", "tank_too_low"))
    settle()
    wash = Wash.objects.get()
    assert (wash.status, wash.refunded_minor, revenue()) == ("partially_refunded", 600, 300)


def test_a_start_there_that_never_comes_is_followed_up_from_the_move_on(interrupted, other: Bay, settle) -> None:
    Wash.objects.update(paid_at=real_now() - timedelta(minutes=5))
    go(interrupted, other)
    assert sweeps.sweep_starts() == 0
    Wash.objects.update(moved_at=real_now() - timedelta(seconds=46))
    sweeps.sweep_starts()
    assert Wash.objects.get().status == "unconfirmed"
    assert [cancel.bay for cancel in sent_commands("cancel")] == [2]


def test_what_nobody_moves_is_refunded_once_the_offer_ends(interrupted: Customer, other: Bay, settle) -> None:
    assert sweeps.sweep_offers() == 0
    Wash.objects.update(move_until=real_now() - timedelta(seconds=1))
    late = go(interrupted, other)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "nothing_to_move")
    assert interrupted.show()["can_move_to"] == []
    assert (sweeps.sweep_offers(), sweeps.sweep_offers()) == (1, 0)
    settle()
    wash = Wash.objects.get()
    assert (wash.status, wash.refunded_minor, revenue()) == ("partially_refunded", 600, 300)
    assert Command.objects.filter(type="start").count() == 1


def test_a_customer_who_says_stop_has_the_money_at_once(interrupted: Customer, settle) -> None:
    assert interrupted.post("stop").json()["status"] == "refunding"
    settle()
    assert (Wash.objects.get().refunded_minor, revenue()) == (600, 300)
    assert not Command.objects.exclude(type="start").exists()


def refuse_taken(other: Bay) -> None:
    buy_wash(other)


def refuse_fault(other: Bay) -> None:
    Bay.objects.filter(pk=other.pk).update(state=BayState.FAULT, fault="no_water")


def refuse_tank(other: Bay) -> None:
    Tank.objects.filter(chemical="shampoo").update(level_ml=99)


def refuse_offline(other: Bay) -> None:
    Station.objects.update(online=False)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (refuse_taken, "bay_busy"),
        (refuse_fault, "bay_fault"),
        (refuse_tank, "tank_too_low"),
        (refuse_offline, "bay_offline"),
    ],
)
def test_a_bay_that_cannot_take_it_is_refused_and_the_offer_stays(interrupted, other: Bay, spoil, code: str) -> None:
    spoil(other)
    sent = Command.objects.count()
    answer = go(interrupted, other)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
    assert (Command.objects.count(), WashMove.objects.count()) == (sent, 0)
    assert Wash.objects.get(pk=interrupted.wash.pk).status == "interrupted"
    assert interrupted.show()["can_move_to"] == []


def test_without_the_proof_of_standing_there_nothing_moves(interrupted: Customer, other: Bay, bay: Bay) -> None:
    assert go(interrupted, other, bay_token=bay_token(bay)).json()["error"]["code"] == "bay_token_invalid"
    stranger = interrupted.post("move", {"bay_id": str(other.public_id), "bay_token": bay_token(other)}, token="no")
    assert stranger.status_code == 404
    assert not WashMove.objects.exists()
    assert Command.objects.filter(type="start").count() == 1


def test_it_moves_neither_back_nor_to_another_station(interrupted: Customer, device: Device, bay: Bay, other) -> None:
    elsewhere = make_station("elsewhere").bays.get(number=1)
    for wrong in (bay, elsewhere):
        assert go(interrupted, wrong).json()["error"]["code"] == "bay_not_offered"
    assert go(interrupted, other).status_code == 202
    wash = Wash.objects.get()
    Bay.objects.filter(pk=bay.pk).update(state=BayState.IDLE, fault="")
    device.say(device.event("started", wash, bay=2), device.event("fault", wash, bay=2, used=50))
    assert Wash.objects.get().status == "refunding"


def test_a_wash_that_runs_does_not_move(customer: Customer, other: Bay) -> None:
    assert go(customer, other).json()["error"]["code"] == "nothing_to_move"
    assert Command.objects.count() == 1


def test_a_short_rest_is_refunded_at_once(customer: Customer, device: Device, settle) -> None:
    device.say(device.event("fault", customer.wash, used=271))
    settle()
    assert (Wash.objects.get().status, Wash.objects.get().refunded_minor) == ("partially_refunded", 87)


def test_a_moved_wash_is_topped_up_at_its_new_bay(interrupted: Customer, device: Device, other: Bay, settle) -> None:
    go(interrupted, other)
    wash = Wash.objects.get()
    device.say(device.event("started", wash, bay=2))
    assert interrupted.top_up(300, 100).status_code == 202
    [command] = sent_commands("top_up")
    assert (command.bay, command.total_seconds) == (2, 300)
    device.say(device.event("topped_up", wash, bay=2, total_seconds=300))
    device.say(device.event("finished", wash, bay=2, used=300))
    settle()
    wash.refresh_from_db()
    assert (TopUp.objects.get().status, wash.status, wash.seconds_used) == ("confirmed", "finished", 400)
    assert revenue() == 1_200


@pytest.mark.django_db(transaction=True)
def test_moving_against_a_purchase_of_the_other_bay_is_one_lease(interrupted, other: Bay) -> None:
    def move() -> str:
        moving.move(
            wash_id=str(interrupted.wash.public_id),
            wash_token=interrupted.token,
            bay_id=str(other.public_id),
            bay_token=bay_token(other),
            presence_code="",
            address="192.0.2.7",
        )
        return "moved"

    def buy() -> str:
        buy_wash(other)
        return "sold"

    outcomes = Counter(race(move, buy))
    assert outcomes in (Counter({"moved": 1, "bay_busy": 1}), Counter({"sold": 1, "bay_busy": 1}))
    assert Wash.objects.filter(bay=other).count() == 1
    assert Command.objects.filter(type="start", bay=other).count() == 1


@pytest.mark.django_db(transaction=True)
def test_moving_against_the_end_of_the_offer_moves_or_refunds(interrupted, other: Bay, settle) -> None:
    wash = interrupted.wash

    def move() -> str:
        moving.move(
            wash_id=str(wash.public_id),
            wash_token=interrupted.token,
            bay_id=str(other.public_id),
            bay_token=bay_token(other),
            presence_code="",
            address="192.0.2.7",
        )
        return "moved"

    def stop() -> str:
        from apps.stations.services import customer

        customer.stop_wash(wash_id=str(wash.public_id), wash_token=interrupted.token)
        return "stopped"

    outcomes = race(move, stop)
    settle()
    row = Wash.objects.get()
    if outcomes[0] == "moved":
        assert (row.status, row.refunded_minor, revenue()) == ("activating", 0, 900)
    else:
        assert (outcomes[0], row.status, row.refunded_minor, revenue()) == (
            "nothing_to_move",
            "partially_refunded",
            600,
            300,
        )
        assert not Command.objects.filter(bay=other).exists()
