"""More seconds for a wash that runs: paid once, told once, and given back when nobody can use them."""

from datetime import timedelta
from typing import Any

import pytest

from apps.common.clock import real_now
from apps.common.models import Heartbeat
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments.tests.fixtures import Sandbox
from apps.stations import limits
from apps.stations.models import Alert, Bay, Command, Station, Tank, TopUp, Wash
from apps.stations.services import top_up_sweeps
from apps.stations.states import BayState, WashStatus
from apps.stations.tests.device import Device, sent_commands
from apps.stations.tests.top_ups import Customer

pytestmark = pytest.mark.django_db


def balance(kind: str) -> int:
    return ledger.balance(AccountRef(kind), "USD").amount_minor


def age(top_up: TopUp, seconds: int) -> None:
    """Let the top-up and its command lie that far in the past."""
    gap = timedelta(seconds=seconds)
    assert top_up.paid_at
    TopUp.objects.filter(pk=top_up.pk).update(paid_at=top_up.paid_at - gap)
    for command in Command.objects.filter(type="top_up"):
        Command.objects.filter(pk=command.pk).update(expires_at=command.created_at + timedelta(seconds=30) - gap)


def nothing_was_sold(sandbox: Sandbox) -> None:
    """One charge, that of the wash; no command but its start; the wash as it was."""
    assert len(sandbox.objects("charge")) == 1
    assert not Command.objects.exclude(type="start").exists()
    assert balance("revenue_wash") == 900
    wash = Wash.objects.get()
    assert (wash.total_seconds, wash.topped_up_minor, wash.ml) == (300, 0, {"shampoo": 150, "disinfectant": 50})


def test_a_top_up_is_charged_at_the_rate_of_the_purchase_and_sets_a_new_total(customer: Customer) -> None:
    answer = customer.top_up(300, 100)
    assert answer.status_code == 202
    wash = answer.json()["wash"]
    assert (wash["total_seconds"], wash["amount_minor"], wash["status"]) == (400, 1_200, "running")
    top_up = TopUp.objects.get()
    assert answer.json()["top_up"] == wash["top_ups"][0]
    assert wash["top_ups"] == [
        {
            "id": str(top_up.public_id),
            "status": "paid",
            "add_seconds": 100,
            "amount_minor": 300,
            "currency": "USD",
        }
    ]
    assert balance("revenue_wash") == 1_200
    [command] = sent_commands("top_up")
    assert (command.bay, command.wash, command.total_seconds) == (1, wash["id"], 400)
    assert Wash.objects.get().ml == {"shampoo": 200, "disinfectant": 67}


def test_a_resend_is_the_very_same_bytes(customer: Customer) -> None:
    from apps.stations.services import commands

    customer.top_up(300, 100)
    first = [out for out in commands.claim_due() if b"top_up" in out.body]
    again = [out for out in commands.claim_due(real_now() + timedelta(seconds=4)) if b"top_up" in out.body]
    assert len(first) == 1
    assert first == again


@pytest.mark.parametrize("word", ["accepted", "duplicate", "topped_up"])
def test_the_stations_word_confirms(customer: Customer, device: Device, word: str) -> None:
    customer.top_up(300, 100)
    if word == "topped_up":
        device.say(device.event("topped_up", customer.wash, total_seconds=400))
    else:
        device.say(device.ack(Command.objects.get(type="top_up"), word))
    top_up = TopUp.objects.get()
    assert top_up.status == "confirmed"
    assert [step.to_status for step in top_up.transitions.all()] == ["awaiting_payment", "paid", "confirmed"]
    age(top_up, 600)
    assert top_up_sweeps.sweep_top_ups() == 0
    assert TopUp.objects.get().status == "confirmed"


def test_an_older_total_confirms_nothing(customer: Customer, device: Device) -> None:
    customer.top_up(300, 100)
    device.say(device.event("topped_up", customer.wash, total_seconds=300))
    assert TopUp.objects.get().status == "paid"


def test_the_same_key_again_is_the_same_top_up(customer: Customer, stripe_sandbox: Sandbox) -> None:
    first, again = customer.top_up(300, 100, key="one-purchase"), customer.top_up(300, 100, key="one-purchase")
    assert again.json() == first.json()
    assert len(stripe_sandbox.objects("charge")) == 2
    assert balance("revenue_wash") == 1_200


def test_a_second_one_that_saw_the_old_total_is_refused(customer: Customer, device: Device, stripe_sandbox) -> None:
    customer.top_up(300, 100)
    device.say(device.ack(Command.objects.get(type="top_up"), "accepted"))
    late = customer.top_up(300, 100)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "total_changed")
    assert late.json()["error"]["details"] == {"total_seconds": 400}
    assert len(stripe_sandbox.objects("charge")) == 2
    assert Command.objects.filter(type="top_up").count() == 1
    assert customer.top_up(400, 100).status_code == 202
    assert Wash.objects.get().total_seconds == 500


def test_the_next_waits_for_the_stations_word(customer: Customer, stripe_sandbox: Sandbox) -> None:
    customer.top_up(300, 100)
    early = customer.top_up(400, 100)
    assert (early.status_code, early.json()["error"]["code"]) == (409, "top_up_pending")
    assert len(stripe_sandbox.objects("charge")) == 2
    assert Command.objects.filter(type="top_up").count() == 1


def refuse_offline(station: Station) -> None:
    Station.objects.update(online=False)


def refuse_fault(station: Station) -> None:
    Bay.objects.filter(number=1).update(state=BayState.FAULT, fault="no_water")


def refuse_tank(station: Station) -> None:
    """150 ml are sold already; 50 more are wanted."""
    Tank.objects.filter(chemical="shampoo").update(level_ml=199)


def refuse_host(station: Station) -> None:
    Heartbeat.objects.filter(name="bridge").delete()


def refuse_ended(station: Station) -> None:
    Wash.objects.update(status=WashStatus.FINISHED)


def refuse_not_begun(station: Station) -> None:
    Wash.objects.update(status=WashStatus.ACTIVATING)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (refuse_offline, "bay_offline"),
        (refuse_fault, "bay_fault"),
        (refuse_tank, "tank_too_low"),
        (refuse_host, "station_no_host"),
        (refuse_ended, "wash_not_running"),
        (refuse_not_begun, "wash_not_running"),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_payment(customer, station, stripe_sandbox, spoil, code) -> None:
    spoil(station)
    answer = customer.top_up(300, 100)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, code)
    nothing_was_sold(stripe_sandbox)
    assert not TopUp.objects.exists()


@pytest.mark.parametrize(("expected", "add"), [(300, 29), (300, 1_801), (300, 0), (0, 100), (7_201, 100)])
def test_odd_seconds_name_their_field(customer: Customer, stripe_sandbox, expected: int, add: int) -> None:
    answer = customer.top_up(expected, add)
    assert answer.status_code == 400
    named = "expected_total_seconds" if add == 100 else "add_seconds"
    assert named in answer.json()["error"]["details"]
    nothing_was_sold(stripe_sandbox)


def test_a_wash_does_not_last_for_ever(customer: Customer, stripe_sandbox: Sandbox) -> None:
    Wash.objects.update(total_seconds=7_000)
    answer = customer.top_up(7_000, 201)
    assert answer.status_code == 400
    assert "add_seconds" in answer.json()["error"]["details"]
    assert len(stripe_sandbox.objects("charge")) == 1


def test_a_stranger_tops_nothing_up(customer: Customer, stripe_sandbox: Sandbox) -> None:
    assert customer.top_up(300, 100, token="wash1.guess").status_code == 404
    nothing_was_sold(stripe_sandbox)


def test_a_stranger_with_the_same_key_learns_nothing(customer: Customer) -> None:
    customer.top_up(300, 100, key="one-purchase")
    assert customer.top_up(300, 100, key="one-purchase", token="wash1.guess").status_code == 404


def test_a_declined_card_changes_nothing_and_counts(customer: Customer, stripe_sandbox: Sandbox) -> None:
    answer = customer.top_up(300, 100, card="pm_card_chargeDeclined")
    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "card_declined")
    assert TopUp.objects.get().status == "cancelled"
    assert len([charge for charge in stripe_sandbox.objects("charge") if charge["paid"]]) == 1
    assert not Command.objects.exclude(type="start").exists()
    assert Wash.objects.get().ml == {"shampoo": 150, "disinfectant": 50}
    for _ in range(4):
        assert customer.top_up(300, 100, card="pm_card_chargeDeclined").status_code == 402
    before = len(stripe_sandbox.objects("charge"))
    refused = customer.top_up(300, 100, card="pm_card_chargeDeclined")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_attempts")
    assert len(stripe_sandbox.objects("charge")) == before
    assert limits.UNPAID_BY_CARD.attempts == 5


def test_3d_secure_holds_the_seconds_until_the_bank_has_spoken(customer: Customer, stripe_sandbox: Sandbox) -> None:
    answer = customer.top_up(300, 100, card="pm_card_authenticationRequired")
    assert (answer.status_code, answer.json()["top_up"]["status"]) == (202, "awaiting_payment")
    assert answer.json()["client_secret"]
    assert answer.json()["wash"]["total_seconds"] == 300
    rival = customer.top_up(300, 100)
    assert rival.json()["error"]["code"] == "total_changed"
    stripe_sandbox.authenticate(stripe_sandbox.objects("payment_intent")[-1]["id"])
    stripe_sandbox.deliver_webhooks()
    assert Wash.objects.get().total_seconds == 400
    assert [command.total_seconds for command in sent_commands("top_up")] == [400]
    assert balance("revenue_wash") == 1_200


def test_a_success_after_the_wash_has_ended_goes_back_in_full(customer, device, stripe_sandbox, settle) -> None:
    customer.top_up(300, 100, card="pm_card_authenticationRequired")
    device.say(device.event("finished", customer.wash, used=300))
    stripe_sandbox.authenticate(stripe_sandbox.objects("payment_intent")[-1]["id"])
    stripe_sandbox.deliver_webhooks()
    settle()
    top_up, wash = TopUp.objects.get(), Wash.objects.get()
    assert (top_up.status, top_up.reason) == ("refunded", "wash_ended")
    assert (wash.status, wash.total_seconds, wash.refunded_minor) == ("finished", 300, 0)
    assert (balance("revenue_wash"), balance("stripe_clearing")) == (900, 900)
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [300]
    assert not Command.objects.filter(type="top_up").exists()


def test_what_nobody_pays_is_cancelled_and_may_be_tried_again(customer: Customer, stripe_sandbox: Sandbox) -> None:
    customer.top_up(300, 100, card="pm_card_authenticationRequired")
    assert top_up_sweeps.sweep_top_ups() == 0
    TopUp.objects.update(lease_expires_at=real_now() - timedelta(seconds=1))
    assert top_up_sweeps.sweep_top_ups() == 1
    assert TopUp.objects.get().status == "cancelled"
    assert Wash.objects.get().ml == {"shampoo": 150, "disinfectant": 50}
    assert customer.top_up(300, 100).status_code == 202


def test_an_unpaid_one_is_cancelled_when_its_wash_ends(customer: Customer, device: Device, stripe_sandbox) -> None:
    customer.top_up(300, 100, card="pm_card_authenticationRequired")
    device.say(device.event("finished", customer.wash, used=300))
    assert top_up_sweeps.sweep_top_ups() == 1
    assert TopUp.objects.get().status == "cancelled"
    assert stripe_sandbox.objects("payment_intent")[-1]["status"] == "canceled"


def test_no_answer_in_time_gives_just_the_top_up_back(customer: Customer, settle) -> None:
    customer.top_up(300, 100)
    age(TopUp.objects.get(), 59)
    assert top_up_sweeps.sweep_top_ups() == 0
    age(TopUp.objects.get(), 61)
    assert top_up_sweeps.sweep_top_ups() == 1
    assert top_up_sweeps.sweep_top_ups() == 0
    settle()
    wash, top_up = Wash.objects.get(), TopUp.objects.get()
    assert (top_up.status, top_up.reason) == ("refunded", "top_up_unconfirmed")
    assert (wash.status, wash.total_seconds, wash.paid.amount_minor) == ("running", 300, 900)
    assert wash.ml == {"shampoo": 150, "disinfectant": 50}
    assert balance("revenue_wash") == 900
    assert sent_commands("top_up") == []


@pytest.mark.parametrize(("result", "reason"), [("rejected", "wash_unknown"), ("expired", None)])
def test_a_refusal_of_the_station_gives_just_the_top_up_back(customer, device, settle, result, reason) -> None:
    customer.top_up(300, 100)
    device.say(device.ack(Command.objects.get(type="top_up"), result, reason))
    settle()
    assert TopUp.objects.get().status == "refunded"
    assert Wash.objects.get().status == "running"
    assert balance("revenue_wash") == 900


def test_a_late_word_after_the_refund_is_goodwill_once(customer: Customer, device: Device, settle) -> None:
    customer.top_up(300, 100)
    age(TopUp.objects.get(), 61)
    top_up_sweeps.sweep_top_ups()
    settle()
    device.say(device.event("topped_up", customer.wash, total_seconds=400))
    device.say(device.event("finished", customer.wash, used=400))
    settle()
    assert TopUp.objects.get().goodwill
    assert (balance("goodwill"), balance("revenue_wash"), balance("stripe_clearing")) == (300, 1_200, 900)
    assert [alert.component for alert in Alert.objects.all()] == ["bay:1:late-top-up"]
    assert Wash.objects.get().status == "finished"


def test_a_wash_that_ran_longer_proves_the_top_up(customer: Customer, device: Device, settle) -> None:
    customer.top_up(300, 100)
    device.say(device.event("finished", customer.wash, used=400))
    device.say(device.event("topped_up", customer.wash, total_seconds=400))
    settle()
    wash = Wash.objects.get()
    assert (TopUp.objects.get().status, wash.status, wash.seconds_used) == ("confirmed", "finished", 400)
    assert balance("revenue_wash") == 1_200


def test_a_wash_that_ended_before_it_heard_gives_the_top_up_back(customer: Customer, device: Device, settle) -> None:
    customer.top_up(300, 100)
    device.say(device.event("finished", customer.wash, used=300))
    device.say(device.ack(Command.objects.get(type="top_up"), "rejected", "wash_unknown"))
    settle()
    wash = Wash.objects.get()
    assert (TopUp.objects.get().status, wash.status) == ("refunded", "finished")
    assert (wash.total_seconds, wash.refunded_minor, balance("revenue_wash")) == (300, 0, 900)


def test_the_customer_sees_the_top_up_in_the_wash(customer: Customer, device: Device) -> None:
    customer.top_up(300, 100)
    device.say(device.ack(Command.objects.get(type="top_up"), "accepted"))
    shown: dict[str, Any] = customer.show()
    assert [top_up["status"] for top_up in shown["top_ups"]] == ["confirmed"]
    assert shown["total_seconds"] == 400
