"""What the page at the bay does not sell, and how it says so."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.common.models import Heartbeat
from apps.payments.tests.fixtures import Sandbox
from apps.stations.models import Bay, Program, Station, Tank, Wash
from apps.stations.tests.factories import buy_wash
from apps.stations.tests.phone import Phone, intents, stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def offline(station: Station) -> None:
    Station.objects.update(online=False)


def faulty(station: Station) -> None:
    Bay.objects.filter(number=1).update(state="fault")


def in_use(station: Station) -> None:
    buy_wash(station.bays.get(number=1))


def dry(station: Station) -> None:
    Tank.objects.filter(chemical="shampoo").update(level_ml=10)


def silent(station: Station) -> None:
    Heartbeat.objects.all().delete()


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (offline, "This bay has no connection right now."),
        (faulty, "This bay is out of order."),
        (in_use, "This bay is in use or being cleaned."),
        (dry, "There is not enough shampoo"),
        (silent, "This station has no connection to us right now."),
    ],
)
def test_each_refusal_is_told_before_and_refused_without_a_charge(
    phone: Phone, station: Station, stripe_sandbox: Sandbox, trouble: Callable[[Station], None], words: str
) -> None:
    trouble(station)
    charged = len(intents(stripe_sandbox))
    html = phone.look()
    assert words in html
    assert "Not possible right now" in html
    answer = phone.buy()
    assert answer.status_code == 409
    assert words in answer.content.decode()
    assert len(intents(stripe_sandbox)) == charged


def test_a_dry_tank_stops_only_the_programs_that_need_it(phone: Phone, station: Station) -> None:
    dry(station)
    Program.objects.create(station=station, code="rinse", name="Rinse", seconds=90, price_minor=300, ml={})
    html = phone.look()
    assert "1 min 30 s" in html
    assert "Pay and start" in html
    assert html.count(" disabled") == 1


def test_a_free_bay_is_named_when_this_one_is_not(phone: Phone, station: Station) -> None:
    faulty(station)
    assert "Free right now: bay 2." in phone.look()


def test_too_many_attempts_are_told(phone: Phone) -> None:
    for _ in range(5):
        phone.buy("pm_card_chargeDeclined")
        phone.look()
    answer = phone.buy("pm_card_chargeDeclined")
    assert answer.status_code == 429
    assert "too many attempts" in answer.content.decode()


def test_an_old_code_is_told_kindly_and_sells_nothing(phone: Phone, bay: Bay, stripe_sandbox: Sandbox) -> None:
    Bay.objects.filter(pk=bay.pk).update(token_version=2)
    answer = phone.client.get(phone.path)
    assert answer.status_code == 410
    assert "This code is no longer valid" in answer.content.decode()
    assert phone.buy().status_code == 410
    assert not Wash.objects.exists()
    assert intents(stripe_sandbox) == []


def test_a_code_revoked_in_mid_wash_leaves_the_customer_the_wash(phone: Phone, bay: Bay, running_on: Any) -> None:
    wash = running_on(phone)
    Bay.objects.filter(pk=bay.pk).update(token_version=2)
    assert stage(phone.look()) == "running"
    assert phone.post("stop").status_code == 303
    assert wash.commands.filter(type="stop").count() == 1


@pytest.mark.parametrize("path", ["/w/x", "/w/AAAAAAAAAAAAAAAAAAAAAA", "/w/%00?k=%00"])
def test_an_address_of_nothing_is_told_kindly(db: None, path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "This code is no longer valid" in answer.content.decode()


def test_a_revoked_station_sells_nothing(phone: Phone, station: Station) -> None:
    Station.objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert phone.client.get(phone.path).status_code == 410


@pytest.mark.parametrize("body", [{}, {"program": "quick"}, {"payment_method": "pm_card_visa"}, {"program": "x" * 99}])
def test_a_form_that_is_not_filled_in_is_told(phone: Phone, body: dict[str, str]) -> None:
    answer = phone.post("buy", **body)
    assert answer.status_code == 400
    assert "Something is missing." in answer.content.decode()


def test_a_browser_that_keeps_no_cookies_is_not_charged(bay: Bay, stripe_sandbox: Sandbox) -> None:
    answer = Phone(bay).buy()
    assert answer.status_code == 400
    assert "Allow cookies" in answer.content.decode()
    assert intents(stripe_sandbox) == []
