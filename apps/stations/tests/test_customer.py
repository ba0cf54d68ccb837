"""Only the holder of the wash token sees or ends a wash."""

import pytest

from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Command, Station, Wash
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device, sent_commands

pytestmark = pytest.mark.django_db


def stop(api, wash: Wash, token: str):
    return api().post(f"/api/v1/wash/{wash.public_id}/stop", headers={"X-Wash-Token": token})


@pytest.mark.parametrize("token", ["", "wash1.guess", "ü"])
def test_without_its_token_a_wash_does_not_exist(api, paid: Wash, token: str) -> None:
    headers = {"X-Wash-Token": token} if token.isascii() else {"X-Wash-Token": "wash1.%FC"}
    assert api().get(f"/api/v1/wash/{paid.public_id}", headers=headers).status_code == 404
    assert api().get(f"/api/v1/wash/{paid.public_id}").status_code == 404
    assert stop(api, paid, "wash1.guess").status_code == 404
    assert not Command.objects.exclude(type="start").exists()


def test_another_customers_token_opens_nothing(api, buy, station: Station) -> None:
    mine, other = buy(), buy(at=station.bays.get(number=2))
    answer = api().get(f"/api/v1/wash/{other.wash.public_id}", headers={"X-Wash-Token": mine.wash_token})
    assert answer.status_code == 404


def test_the_customer_sees_the_bays_clock(api, buy, device: Device) -> None:
    sold = buy()
    device.say(device.event("started", sold.wash))
    device.say(device.state("running", sold.wash, seconds_left=212))
    body = api().get(f"/api/v1/wash/{sold.wash.public_id}", headers={"X-Wash-Token": sold.wash_token}).json()
    assert (body["status"], body["seconds_left"]) == ("running", 212)


def test_stop_tells_the_station_once_and_the_refund_follows_its_word(api, buy, device: Device, settle) -> None:
    sold = buy()
    device.say(device.event("started", sold.wash))
    for _ in range(2):
        answer = stop(api, sold.wash, sold.wash_token)
        assert (answer.status_code, answer.json()["status"]) == (202, "running")
    assert [command.bay for command in sent_commands("stop")] == [1]
    device.say(device.event("stopped", sold.wash, used=60))
    settle()
    after = stop(api, sold.wash, sold.wash_token)
    assert (after.status_code, after.json()["status"]) == (202, "partially_refunded")
    assert after.json()["refunded_minor"] == 720


def test_stopping_before_the_start_cancels_and_refunds_everything(api, buy, device: Device, settle) -> None:
    sold = buy()
    assert stop(api, sold.wash, sold.wash_token).status_code == 202
    cancel = Command.objects.get(type="cancel")
    device.say(device.ack(cancel, "cancelled"))
    settle()
    assert Wash.objects.get().status == WashStatus.REFUNDED
    assert ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor == 0


def test_giving_up_during_3d_secure_cancels_the_payment(api, buy) -> None:
    sold = buy(payment_method="pm_card_authenticationRequired")
    answer = stop(api, sold.wash, sold.wash_token)
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    assert buy().wash.status == WashStatus.ACTIVATING


def test_an_offline_station_cannot_be_told_and_says_what_to_do(api, buy) -> None:
    sold = buy()
    Station.objects.update(online=False)
    answer = stop(api, sold.wash, sold.wash_token)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "bay_offline"
    assert not Command.objects.filter(type="cancel").exists()
