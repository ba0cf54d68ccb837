"""The customer's page at the bay, without JavaScript: each answer is a whole page, and money moves once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.payments.tests.fixtures import Sandbox
from apps.stations.models import Bay, Station, Wash
from apps.stations.pages import cookies
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device
from apps.stations.tests.phone import Phone, intents, move_wash_out, stage
from petwash.testing.races import race

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def test_it_shows_programs_with_price_and_time(phone: Phone) -> None:
    html = phone.look()
    assert stage(html) == "shop"
    assert "Quick wash" in html
    assert "5 min" in html
    assert "9.00 USD" in html
    assert "Test card: declined" in html


def test_a_wash_is_bought_shown_and_stopped(phone: Phone, device: Device, settle: Callable[[], None]) -> None:
    answer = phone.buy()
    assert (answer.status_code, answer["Location"]) == (303, phone.path)
    assert stage(phone.look()) == "starting"
    wash = Wash.objects.get()
    device.say(device.event("started", wash), device.state("running", wash, seconds_left=200))
    assert stage(phone.look()) == "running"
    assert re.search(r'data-left="(200|199)"', phone.look())
    assert phone.post("stop").status_code == 303
    device.say(device.event("stopped", wash, used=100))
    assert "Refund on its way" in phone.look()
    settle()
    html = phone.look()
    assert stage(html) == "receipt"
    for fact in ("1 minute 40 seconds of 5 minutes", "9.00 USD", "6.00 USD", "3.00 USD"):
        assert fact in html


def test_two_taps_and_a_reload_are_one_wash_and_one_charge(phone: Phone, stripe_sandbox: Sandbox) -> None:
    for _ in range(3):
        assert phone.buy().status_code == 303
    assert Wash.objects.count() == 1
    assert intents(stripe_sandbox) == ["succeeded"]


@pytest.mark.django_db(transaction=True)
def test_taps_in_parallel_are_one_wash_and_all_see_it(bay: Bay, stripe_sandbox: Sandbox) -> None:
    phone = Phone(bay)
    phone.look()
    kept = phone.client.cookies[cookies.NAME].value

    def tap() -> int:
        other = Phone(bay)
        other.client.cookies[cookies.NAME] = kept
        return int(other.buy().status_code)

    assert race(*[tap] * 4) == [303] * 4
    assert Wash.objects.count() == 1
    assert intents(stripe_sandbox) == ["succeeded"]
    assert stage(phone.look()) == "starting"


def test_a_lost_answer_is_found_by_looking_again(phone: Phone) -> None:
    phone.buy()  # the answer never arrives: the phone kept its key before it asked
    assert stage(phone.look()) == "starting"


def test_a_strangers_phone_sees_and_stops_nothing(phone: Phone, bay: Bay, device: Device) -> None:
    phone.buy()
    stranger = Phone(bay)
    assert stage(stranger.look()) == "shop"
    stranger.post("stop")
    assert Wash.objects.get().status == WashStatus.ACTIVATING


def test_a_declined_card_is_told_and_the_next_one_is_a_new_try(phone: Phone, stripe_sandbox: Sandbox) -> None:
    assert phone.buy("pm_card_chargeDeclined").status_code == 303
    html = phone.look()
    assert stage(html) == "shop"
    assert "Your card was declined." in html
    assert "Your card was declined." in phone.look()
    phone.buy()
    assert stage(phone.look()) == "starting"
    assert list(Wash.objects.order_by("id").values_list("status", flat=True)) == ["cancelled", "activating"]


def test_the_bank_is_asked_and_the_payment_given_up(phone: Phone, stripe_sandbox: Sandbox) -> None:
    phone.buy("pm_card_authenticationRequired")
    html = phone.look()
    assert stage(html) == "paying"
    assert "Go to the test bank" in html
    phone.post("stop")
    html = phone.look()
    assert stage(html) == "shop"
    assert "The payment was cancelled." in html
    assert intents(stripe_sandbox) == ["canceled"]


@pytest.mark.parametrize(("outcome", "expected"), [("succeed", "starting"), ("fail", "shop")])
def test_the_test_bank_answers_for_the_holder(
    phone: Phone, stripe_sandbox: Sandbox, outcome: str, expected: str
) -> None:
    phone.buy("pm_card_authenticationRequired")
    found = re.search(r'name="client_secret" value="([^"]+)"', phone.look())
    assert found
    body = {"client_secret": found[1], "back": phone.path}
    assert "9.00 USD" in phone.client.post("/demo/bank", body).content.decode()
    answer = phone.client.post("/demo/bank", {**body, "outcome": outcome})
    assert (answer.status_code, answer["Location"]) == (303, phone.path)
    stripe_sandbox.deliver_webhooks()
    assert stage(phone.look()) == expected


@pytest.mark.parametrize(
    "body",
    [
        {"client_secret": "pi_1_secret_wrong", "back": "/w/x"},
        {"client_secret": "", "back": "/w/x"},
        {"client_secret": "../x_secret_y", "back": "/w/x"},
        {"client_secret": "pi_1_secret_x", "back": "https://elsewhere.example/"},
    ],
)
def test_the_test_bank_believes_nobody_without_the_secret(body: dict[str, str]) -> None:
    assert Client().post("/demo/bank", {**body, "outcome": "succeed"}).status_code == 404


def test_there_is_no_test_bank_outside_of_a_demonstration(settings: Any) -> None:
    settings.PETWASH_DEMO = False
    assert Client().post("/demo/bank", {"client_secret": "pi_1_secret_x", "back": "/w/x"}).status_code == 404


def test_another_wash_needs_an_ended_one(phone: Phone, running_on: Any) -> None:
    wash = running_on(phone)
    phone.post("again")
    assert stage(phone.look()) == "running"
    move_wash_out(wash)
    assert stage(phone.look()) == "receipt"
    phone.post("again")
    assert stage(phone.look()) == "shop"


def test_after_a_fault_the_wash_goes_on_at_the_bay_that_is_scanned(
    phone: Phone, running_on: Any, device: Device, station: Station, stripe_sandbox: Sandbox
) -> None:
    wash = running_on(phone)
    device.say(device.event("fault", wash, used=100), device.state("fault", fault="pump"))
    html = phone.look()
    assert stage(html) == "interrupted"
    assert "Go to bay 2 and scan the code there" in html
    other = Phone(station.bays.get(number=2))
    assert stage(other.look()) == "shop"
    assert other.post("move").status_code == 303
    assert Wash.objects.get().bay.number == 1
    other.client.cookies.load(phone.client.cookies[cookies.MOVING].OutputString())
    assert stage(other.look()) == "move_here"
    answer = other.post("move")
    assert (answer.status_code, answer["Location"]) == (303, phone.root)
    html = phone.look()
    assert stage(html) == "starting"
    assert "Starting bay 2" in html
    assert intents(stripe_sandbox) == ["succeeded"]


def test_after_a_fault_the_customer_may_have_the_rest_back(
    phone: Phone, running_on: Any, device: Device, settle: Callable[[], None]
) -> None:
    wash = running_on(phone)
    device.say(device.event("fault", wash, used=100), device.state("fault", fault="pump"))
    phone.post("stop")
    settle()
    html = phone.look()
    assert stage(html) == "receipt"
    assert "6.00 USD" in html


def test_a_paused_wash_is_resumed_from_the_page(phone: Phone, running_on: Any, device: Device) -> None:
    wash = running_on(phone)
    device.say(device.state("paused", wash, seconds_left=200))
    assert stage(phone.look()) == "paused"
    for _ in range(2):
        assert phone.post("resume").status_code == 303
    assert wash.commands.filter(type="resume").count() == 1


def test_a_bay_with_a_display_asks_for_its_code(phone: Phone, bay: Bay, stripe_sandbox: Sandbox) -> None:
    Bay.objects.filter(pk=bay.pk).update(presence_code=True)
    assert 'name="presence_code"' in phone.look()
    answer = phone.buy()
    assert answer.status_code == 403
    assert "This bay shows a code of four digits." in answer.content.decode()
    assert intents(stripe_sandbox) == []
