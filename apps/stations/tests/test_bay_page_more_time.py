"""More time from the page at the bay: a total is named, so nothing is added twice."""

import re
from typing import Any

import pytest

from apps.payments.tests.fixtures import Sandbox
from apps.stations.tests.device import Device
from apps.stations.tests.phone import Phone, intents, stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def add(phone: Phone, *, total: int = 300, tries: int = 0, card: str = "pm_card_visa", seconds: str = "60") -> Any:
    """Press *Pay and add*."""
    return phone.post("more", total=str(total), tries=str(tries), add_seconds=seconds, payment_method=card)


def test_time_is_added_once_however_often_it_is_asked_for(
    phone: Phone, running_on: Any, device: Device, stripe_sandbox: Sandbox
) -> None:
    wash = running_on(phone)
    html = phone.look()
    assert re.search(r"1 minute</span><span class=.price.>1.80 USD", html)
    for _ in range(3):
        assert add(phone).status_code == 303
    assert "Adding 60 seconds" in phone.look()
    assert "Pay and add" not in phone.look()
    stored = device.event("topped_up", wash, used=10, total_seconds=360)
    device.say(stored, device.state("running", wash, seconds_left=350))
    wash.refresh_from_db()
    assert (wash.total_seconds, wash.topped_up_minor) == (360, 180)
    assert intents(stripe_sandbox) == ["succeeded", "succeeded"]
    html = phone.look()
    assert "10.80 USD paid" in html
    assert 'name="total" value="360"' in html


def test_a_total_that_has_changed_is_told_and_not_charged(
    phone: Phone, running_on: Any, stripe_sandbox: Sandbox
) -> None:
    running_on(phone)
    answer = add(phone, total=240)
    assert answer.status_code == 409
    assert "Another addition came first." in answer.content.decode()
    assert intents(stripe_sandbox) == ["succeeded"]


def test_a_declined_addition_is_told_and_may_be_tried_again(
    phone: Phone, running_on: Any, stripe_sandbox: Sandbox
) -> None:
    running_on(phone)
    assert add(phone, card="pm_card_chargeDeclined").status_code == 303
    html = phone.look()
    assert stage(html) == "running"
    assert "Your card was declined." in html
    assert 'name="tries" value="1"' in html
    add(phone, tries=1)
    assert "Adding 60 seconds" in phone.look()


def test_the_bank_is_asked_about_an_addition(phone: Phone, running_on: Any, stripe_sandbox: Sandbox) -> None:
    running_on(phone)
    add(phone, card="pm_card_authenticationRequired")
    html = phone.look()
    assert "Your bank wants you to confirm 1.80 USD for more time." in html
    assert "Go to the test bank" in html


def test_an_addition_that_the_bank_asks_about_is_given_up(
    phone: Phone, running_on: Any, stripe_sandbox: Sandbox
) -> None:
    running_on(phone)
    add(phone, card="pm_card_authenticationRequired")
    assert "Do not add time" in phone.look()
    for _ in range(2):
        assert phone.post("more/cancel").status_code == 303
    html = phone.look()
    assert stage(html) == "running"
    assert "The payment was cancelled." in html
    assert "Do not add time" not in html
    assert intents(stripe_sandbox) == ["succeeded", "canceled"]
    add(phone, tries=1)
    assert "Adding 60 seconds" in phone.look()


@pytest.mark.parametrize("body", [{}, {"total": "x"}, {"total": "300", "add_seconds": "-1", "tries": "0"}])
def test_an_addition_that_is_no_number_is_told(phone: Phone, running_on: Any, body: dict[str, str]) -> None:
    running_on(phone)
    answer = phone.post("more", payment_method="pm_card_visa", **body)
    assert answer.status_code == 400
    assert "Something is missing." in answer.content.decode()


def test_who_has_no_wash_adds_nothing(phone: Phone, stripe_sandbox: Sandbox) -> None:
    assert add(phone).status_code == 303
    assert intents(stripe_sandbox) == []
