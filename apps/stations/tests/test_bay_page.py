"""The customer's page at the bay, without JavaScript: each answer is a whole page, and money moves once."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.common.models import Heartbeat
from apps.payments.tests.fixtures import Sandbox
from apps.stations.bay_codes import bay_path, short_id
from apps.stations.models import Bay, Program, Station, Tank, Wash
from apps.stations.pages import cookies
from apps.stations.services.moves import move_wash
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device
from apps.stations.tests.factories import bay_token, buy_wash
from petwash.testing.races import race

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


class Phone:
    """A customer's phone that has scanned a bay's code; JavaScript is off."""

    def __init__(self, bay: Bay) -> None:
        self.client = Client()
        self.path = bay_path(str(bay.public_id), bay_token(bay))
        self.root, _, self.query = self.path.partition("?")

    def look(self) -> str:
        """Return the page as it is now."""
        return str(self.client.get(self.path).content.decode())

    def post(self, verb: str, **data: str) -> Any:
        """Send one of the page's forms; the redirect is not followed."""
        return self.client.post(f"{self.root}/{verb}?{self.query}", data)

    def buy(self, payment_method: str = "pm_card_visa", program: str = "quick") -> Any:
        """Press *Pay and start*."""
        return self.post("buy", program=program, payment_method=payment_method)


def stage(html: str) -> str:
    found = re.search(r'data-stage="(\w+)"', html)
    assert found, html
    return found[1]


def intents(sandbox: Sandbox) -> list[str]:
    return [intent["status"] for intent in sandbox.objects("payment_intent")]


@pytest.fixture
def phone(bay: Bay) -> Phone:
    """A phone that shows the bay's page."""
    one = Phone(bay)
    one.look()
    return one


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


def test_another_wash_needs_an_ended_one(phone: Phone, running_on: Any) -> None:
    wash = running_on(phone)
    phone.post("again")
    assert stage(phone.look()) == "running"
    move_wash_out(wash)
    assert stage(phone.look()) == "receipt"
    phone.post("again")
    assert stage(phone.look()) == "shop"


def move_wash_out(wash: Wash) -> None:
    from django.db import transaction

    with transaction.atomic():
        assert move_wash(wash, WashStatus.FINISHED, seconds_used=300)


@pytest.fixture
def running_on(device: Device) -> Callable[[Phone], Wash]:
    """Buy on a phone and let the water run."""

    def run(phone: Phone) -> Wash:
        phone.buy()
        wash = Wash.objects.get()
        device.say(device.event("started", wash), device.state("running", wash, seconds_left=300))
        wash.refresh_from_db()
        return wash

    return run


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


def test_who_has_no_wash_adds_nothing(phone: Phone, stripe_sandbox: Sandbox) -> None:
    assert add(phone).status_code == 303
    assert intents(stripe_sandbox) == []


def test_the_key_is_kept_where_no_script_and_no_other_page_reads_it(phone: Phone) -> None:
    kept = phone.client.cookies[cookies.NAME]
    assert kept["httponly"]
    assert kept["samesite"] == "Lax"
    assert kept["path"] == phone.root
    before = kept.value
    phone.look()
    assert phone.client.cookies[cookies.NAME].value == before


def test_over_tls_the_key_travels_over_tls_alone(bay: Bay) -> None:
    phone = Phone(bay)
    phone.client.get(phone.path, secure=True)
    assert phone.client.cookies[cookies.NAME]["secure"]


def test_a_foreign_page_cannot_stop_a_wash(phone: Phone, running_on: Any) -> None:
    wash = running_on(phone)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = phone.client.cookies
    assert strict.post(f"{phone.root}/stop").status_code == 403
    assert not wash.commands.filter(type="stop").exists()


def test_nothing_inline_and_nothing_foreign(phone: Phone) -> None:
    answer = phone.client.get(phone.path)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "https://" not in policy
    assert "default-src 'none'" in policy
    html = answer.content.decode()
    assert "https://" not in html
    assert re.findall(r"<script(?![^>]* src=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    assert "no-store" in answer["Cache-Control"]


def test_with_keys_the_card_is_typed_in_at_stripe_alone(phone: Phone, settings: Any) -> None:
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_123"
    answer = phone.client.get(phone.path)
    html = answer.content.decode()
    assert "Test card" not in html
    assert 'data-stripe="pk_test_123"' in html
    assert set(re.findall(r"https://[^\"'\s;]+", html)) == {"https://js.stripe.com/clover/stripe.js"}
    hosts = set(re.findall(r"https://([^\s;]+)", answer["Content-Security-Policy"]))
    assert hosts == {"js.stripe.com", "*.js.stripe.com", "hooks.stripe.com", "api.stripe.com"}


def test_without_keys_and_without_a_demonstration_nothing_is_sold(phone: Phone, settings: Any) -> None:
    settings.PETWASH_DEMO = False
    html = phone.look()
    assert "Cards cannot be taken" in html
    assert "disabled>Pay and start" in html


def test_the_page_weighs_less_than_60_kb(phone: Phone, running_on: Any) -> None:
    files = sum(Path(str(finders.find(f"wash/{name}"))).stat().st_size for name in ("wash.css", "wash.js", "card.js"))
    assert files + len(phone.look().encode()) < 60_000
    running_on(phone)
    assert files + len(phone.look().encode()) < 60_000


def test_a_look_costs_as_many_queries_for_many_programs_and_bays(phone: Phone, station: Station) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            phone.look()
        return len(queries)

    before = cost()
    for number in range(3, 9):
        Bay.objects.create(station=station, number=number, state="idle")
        Program.objects.create(station=station, code=f"p{number}", name="P", seconds=60, price_minor=100, ml={})
    assert cost() == before <= 8


def test_the_token_is_not_in_the_logged_path(bay: Bay) -> None:
    assert bay_token(bay) not in Phone(bay).root
    assert Phone(bay).root == f"/w/{short_id(str(bay.public_id))}"
    assert django_settings.BAY_TOKEN_KEY not in Phone(bay).path
