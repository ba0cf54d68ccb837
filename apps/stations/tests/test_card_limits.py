"""A bay sells washes to anybody and tells nobody which stolen cards work."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.limits import Limit
from apps.accounts.models import AttemptCounter
from apps.common.heartbeats import beat
from apps.payments import services as payments
from apps.payments.tests.fixtures import Sandbox
from apps.stations import limits
from apps.stations.models import Bay, Station, Wash
from apps.stations.states import WashStatus
from apps.stations.tests.factories import bay_token, make_station

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]
URL = "/api/v1/wash/payment/activate"
DECLINED = "pm_card_chargeDeclined"


class Buyer:
    """Somebody who sends one purchase after the other."""

    def __init__(self, api: Any) -> None:
        self._api, self._tries = api, 0

    def __call__(self, bay: Bay, card: str, address: str = "203.0.113.9", **headers: str) -> Any:
        self._tries += 1
        beat("bridge")  # many purchases take longer than a silent bridge is trusted
        order = {
            "bay_id": str(bay.public_id),
            "bay_token": bay_token(bay),
            "program": "quick",
            "payment_method": card,
        }
        key = {"Idempotency-Key": f"purchase-{self._tries}"}
        return self._api().post(URL, order, headers=key | headers, REMOTE_ADDR=address)


@pytest.fixture
def tries(api) -> Buyer:
    return Buyer(api)


@pytest.fixture
def bays(db: None) -> list[Bay]:
    """Twenty bays, so that no bay's own limit is what a test meets."""
    return [bay for number in range(10) for bay in make_station(f"place-{number}").bays.all()]


@pytest.fixture
def new_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each payment method a card of its own, as a thief's list is."""
    monkeypatch.setattr(limits, "UNPAID_BY_CARD", Limit("wash-card", 1_000, timedelta(hours=1), timedelta(hours=1)))


def refused(answer: Any, most: int) -> None:
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "too_many_attempts"
    assert most - 5 <= int(answer["Retry-After"]) <= most


def charges(sandbox: Sandbox) -> int:
    return len(sandbox.objects("charge"))


def finish_washes() -> None:
    Wash.objects.filter(status=WashStatus.ACTIVATING).update(status=WashStatus.FINISHED)


def test_one_card_is_refused_after_five_declines_wherever_it_comes_from(tries, bays, stripe_sandbox) -> None:
    for number in range(5):
        assert tries(bays[number], DECLINED, f"203.0.113.{number}").status_code == 402
    refused(tries(bays[5], DECLINED, "203.0.113.77"), 900)
    assert charges(stripe_sandbox) == 5
    assert tries(bays[5], "pm_card_visa", "203.0.113.77").status_code == 202


@pytest.mark.usefixtures("new_cards")
def test_one_address_is_refused_after_ten_declines_at_whatever_bays(tries, bays, stripe_sandbox) -> None:
    for number in range(10):
        assert tries(bays[number], DECLINED).status_code == 402
    refused(tries(bays[10], "pm_card_visa"), 900)
    assert charges(stripe_sandbox) == 10
    assert tries(bays[10], "pm_card_visa", "203.0.113.10").status_code == 202


@pytest.mark.usefixtures("new_cards")
def test_a_header_does_not_make_another_address(tries, bays) -> None:
    for number in range(10):
        tries(bays[number], DECLINED, **{"X-Forwarded-For": f"198.51.100.{number}"})
    refused(tries(bays[10], "pm_card_visa", **{"X-Forwarded-For": "198.51.100.99"}), 900)


@pytest.mark.usefixtures("new_cards")
def test_one_bay_rests_five_minutes_after_ten_declines_and_others_go_on(tries, bays, stripe_sandbox) -> None:
    for number in range(10):
        assert tries(bays[0], DECLINED, f"203.0.113.{number}").status_code == 402
    refused(tries(bays[0], "pm_card_visa", "203.0.113.77"), 300)
    assert charges(stripe_sandbox) == 10
    assert tries(bays[1], "pm_card_visa", "203.0.113.77").status_code == 202


def test_a_refused_try_leases_nothing_and_its_key_may_be_used_again(tries, api, bays) -> None:
    for number in range(5):
        tries(bays[number], DECLINED, f"203.0.113.{number}")
    washes = Wash.objects.count()
    refused(tries(bays[5], DECLINED), 900)
    assert Wash.objects.count() == washes
    AttemptCounter.objects.all().delete()
    tries._tries -= 1
    assert tries(bays[5], DECLINED).status_code == 402


@pytest.mark.usefixtures("new_cards")
def test_what_a_bank_declines_later_counts_at_the_bay(tries, bays, stripe_sandbox) -> None:
    for number in range(10):
        assert tries(bays[0], "pm_card_authenticationRequired", f"203.0.113.{number}").status_code == 202
        stripe_sandbox.authenticate(stripe_sandbox.objects("payment_intent")[-1]["id"], "fail")
        stripe_sandbox.deliver_webhooks()
    refused(tries(bays[0], "pm_card_visa", "203.0.113.77"), 300)


@pytest.mark.usefixtures("new_cards")
def test_a_purchase_that_is_given_up_each_time_counts_at_the_bay(tries, api, bays) -> None:
    for number in range(10):
        begun = tries(bays[0], "pm_card_authenticationRequired", f"203.0.113.{number}").json()
        token = {"X-Wash-Token": begun["wash_token"]}
        assert api().post(f"/api/v1/wash/{begun['wash']['id']}/stop", headers=token).status_code == 202
    refused(tries(bays[0], "pm_card_visa", "203.0.113.77"), 300)


def test_fifty_washes_from_one_address_with_some_declines_are_sold(tries, bays) -> None:
    for number in range(50):
        if number % 20 == 10:
            assert tries(bays[0], DECLINED, "127.0.0.1").status_code == 402
        sold = tries(bays[0], "pm_card_visa", "127.0.0.1")
        assert sold.status_code == 202, sold.content
        finish_washes()


def test_a_flood_is_refused_whatever_would_come_of_it(tries, station: Station, bay: Bay) -> None:
    answers = [tries(bay, "pm_card_visa", f"203.0.113.{number}") for number in range(61)]
    assert {answer.status_code for answer in answers[1:60]} == {409}
    refused(answers[60], 60)


def test_a_gateway_that_does_not_answer_stops_no_customer(tries, bay: Bay, stripe_sandbox) -> None:
    stripe_sandbox.fault("GET", "/v1/payment_methods/.*", "drop_answer")
    assert payments.card_fingerprint("pm_card_visa") == ""
    stripe_sandbox.fault("GET", "/v1/payment_methods/.*", "drop_answer")
    assert tries(bay, "pm_card_visa").status_code == 202


def test_the_counters_hold_no_address_and_no_card(tries, bay: Bay) -> None:
    tries(bay, DECLINED)
    kept = str(list(AttemptCounter.objects.values()))
    assert "wash-card" in kept
    assert "203.0.113.9" not in kept
    assert payments.card_fingerprint(DECLINED) not in kept
