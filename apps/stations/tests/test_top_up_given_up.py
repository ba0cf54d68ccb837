"""An unpaid top-up is given up: no money moves, the wash goes on, and another one may be bought at once."""

import pytest

from apps.payments.tests.fixtures import Sandbox
from apps.stations.models import Command, TopUp, TopUpTransition, Wash
from apps.stations.services import top_up_sweeps
from apps.stations.states import TopUpStatus
from apps.stations.tests.device import Device
from apps.stations.tests.top_ups import Customer

pytestmark = pytest.mark.django_db

ASKS = "pm_card_authenticationRequired"


def cancel(customer: Customer) -> dict[str, object]:
    answer = customer.post("top-up/cancel")
    assert answer.status_code == 200
    return dict(answer.json())


def moves() -> list[tuple[str, str]]:
    return list(TopUpTransition.objects.order_by("id").values_list("to_status", "reason"))


def test_it_takes_no_money_and_the_next_one_is_sold_at_once(customer: Customer, stripe_sandbox: Sandbox) -> None:
    customer.top_up(300, 100, card=ASKS)
    wash = cancel(customer)
    assert (wash["status"], wash["total_seconds"], wash["amount_minor"]) == ("running", 300, 900)
    assert moves() == [("awaiting_payment", "leased"), ("cancelled", "cancelled")]
    assert Wash.objects.get().ml == {"shampoo": 150, "disinfectant": 50}
    assert [one["status"] for one in stripe_sandbox.objects("payment_intent")] == ["succeeded", "canceled"]
    assert customer.top_up(300, 100).status_code == 202
    assert Wash.objects.get().total_seconds == 400


def test_said_twice_or_without_one_it_changes_nothing(customer: Customer) -> None:
    before = cancel(customer)
    customer.top_up(300, 100, card=ASKS)
    once, twice = cancel(customer), cancel(customer)
    assert once == twice
    assert before["top_ups"] == []
    assert len(moves()) == 2


def test_what_is_paid_stays(customer: Customer, stripe_sandbox: Sandbox) -> None:
    customer.top_up(300, 100)
    assert cancel(customer)["total_seconds"] == 400
    assert TopUp.objects.get().status == TopUpStatus.PAID
    assert stripe_sandbox.objects("refund") == []


def test_the_bank_was_quicker_and_its_money_counts(customer: Customer, stripe_sandbox: Sandbox) -> None:
    customer.top_up(300, 100, card=ASKS)
    stripe_sandbox.authenticate(stripe_sandbox.objects("payment_intent")[-1]["id"])
    assert cancel(customer)["total_seconds"] == 400
    stripe_sandbox.deliver_webhooks()
    assert TopUp.objects.get().status == TopUpStatus.PAID
    assert Command.objects.filter(type="top_up").count() == 1


def test_a_stranger_gives_nothing_up(customer: Customer) -> None:
    customer.top_up(300, 100, card=ASKS)
    assert customer.post("top-up/cancel", token="wash1.guess").status_code == 404
    assert TopUp.objects.get().status == TopUpStatus.AWAITING_PAYMENT


def test_after_the_end_of_the_wash_it_is_still_cancelled_once(customer: Customer, device: Device) -> None:
    customer.top_up(300, 100, card=ASKS)
    device.say(device.event("finished", customer.wash, used=300))
    assert cancel(customer)["status"] == "finished"
    assert top_up_sweeps.sweep_top_ups() == 0
    assert moves()[1:] == [("cancelled", "cancelled")]
