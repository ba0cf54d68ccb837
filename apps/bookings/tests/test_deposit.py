"""POST /booking/deposit: money is held, once, or the owner knows why not."""

from datetime import timedelta
from typing import Any

import pytest

from apps.bookings import services
from apps.bookings.models import Booking
from apps.bookings.tests.answers import error, key
from apps.bookings.tests.factories import DECLINED, NEEDS_BANK, VISA
from apps.common.clock import advance_business_clock
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments

URL = "/api/v1/booking/deposit"


def order(booking: Booking, card: str = VISA) -> dict[str, str]:
    return {"booking_id": str(booking.public_id), "payment_method": card}


def held(booking: Booking) -> int:
    key = str(booking.public_id)
    accounts = [AccountRef("escrow", key), AccountRef("owner_fee_deferred", key)]
    return sum(ledger.balance(account, booking.currency).amount_minor for account in accounts)


def test_a_good_card_holds_the_money_and_asks_the_sitter(api, booking, stripe_sandbox):
    answer = api(booking.owner).post(URL, order(booking), headers=key())
    assert answer.status_code == 201
    body = answer.json()
    assert (body["booking"]["status"], body["booking"]["escrow_status"]) == ("requested", "held")
    assert (body["escrow"]["status"], body["escrow"]["amount_minor"]) == ("held", booking.total_minor)
    assert body["payment"] == {"status": "succeeded"}
    assert held(booking) == booking.total_minor
    booking.refresh_from_db()
    assert booking.answer_due_at == booking.requested_at + timedelta(hours=24)
    assert ledger.check().ok


def test_a_declined_card_changes_nothing_and_another_card_may_pay(api, booking, stripe_sandbox):
    client = api(booking.owner)
    assert error(client.post(URL, order(booking, DECLINED), headers=key())) == (402, "card_declined")
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("pending_payment", "awaiting_funds")
    assert held(booking) == 0
    assert client.post(URL, order(booking), headers=key()).status_code == 201
    assert held(booking) == booking.total_minor


def test_a_card_that_needs_its_bank_is_answered_202_and_settles_by_webhook(api, booking, stripe_sandbox):
    answer = api(booking.owner).post(URL, order(booking, NEEDS_BANK), headers=key())
    assert answer.status_code == 202
    body = answer.json()
    assert (body["booking"]["status"], body["escrow"]["status"]) == ("pending_payment", "awaiting_funds")
    assert body["payment"]["status"] == "requires_action"
    intent_id = body["payment"]["client_secret"].split("_secret_")[0]
    stripe_sandbox.authenticate(intent_id)
    stripe_sandbox.deliver_webhooks()
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("requested", "held")
    assert held(booking) == booking.total_minor


def test_a_bank_that_refuses_leaves_the_booking_payable(api, booking, stripe_sandbox):
    client = api(booking.owner)
    secret = client.post(URL, order(booking, NEEDS_BANK), headers=key()).json()["payment"]["client_secret"]
    stripe_sandbox.authenticate(secret.split("_secret_")[0], "fail")
    stripe_sandbox.deliver_webhooks()
    booking.refresh_from_db()
    assert booking.status == "pending_payment"
    assert client.post(URL, order(booking), headers=key()).status_code == 201


def test_another_card_replaces_one_that_waits_for_its_bank(api, booking, stripe_sandbox):
    client = api(booking.owner)
    client.post(URL, order(booking, NEEDS_BANK), headers=key())
    assert client.post(URL, order(booking), headers=key()).status_code == 201
    assert [intent["status"] for intent in stripe_sandbox.objects("payment_intent")] == ["canceled", "succeeded"]
    assert held(booking) == booking.total_minor


def test_the_same_request_again_gets_the_same_answer(api, booking, stripe_sandbox):
    client = api(booking.owner)
    first = client.post(URL, order(booking), headers=key("a-key-of-mine"))
    again = client.post(URL, order(booking), headers=key("a-key-of-mine"))
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(stripe_sandbox.objects("charge")) == 1


def test_a_paid_booking_is_not_paid_again(api, paid, stripe_sandbox):
    assert error(api(paid.owner).post(URL, order(paid), headers=key())) == (409, "already_paid")
    assert len(stripe_sandbox.objects("charge")) == 1


def test_a_stay_that_is_on_is_paid_already(api, started, stripe_sandbox):
    advance_business_clock(15 * 60)
    assert error(api(started.owner).post(URL, order(started), headers=key())) == (409, "already_paid")


def test_a_key_is_required(api, booking, stripe_sandbox):
    answer = api(booking.owner).post(URL, order(booking))
    assert error(answer) == (400, "validation_error")
    assert stripe_sandbox.objects("payment_intent") == []


def test_the_nights_are_kept_for_fifteen_minutes_only(api, booking, stripe_sandbox):
    advance_business_clock(15 * 60)
    assert error(api(booking.owner).post(URL, order(booking), headers=key())) == (409, "payment_window_over")
    assert stripe_sandbox.objects("payment_intent") == []


@pytest.mark.parametrize(
    ("who", "expected"), [("stranger", (404, "not_found")), ("sitter_user", (403, "only_the_owner"))]
)
def test_only_the_owner_pays(api, booking, stripe_sandbox, request, who, expected):
    person: Any = request.getfixturevalue(who)
    assert error(api(person).post(URL, order(booking), headers=key())) == expected
    assert stripe_sandbox.objects("payment_intent") == []


def test_a_card_number_is_not_a_payment_method(api, booking, stripe_sandbox):
    answer = api(booking.owner).post(URL, order(booking, "4242424242424242"), headers=key())
    assert list(answer.json()["error"]["details"]) == ["payment_method"]


@pytest.mark.parametrize(("effect", "patience"), [("drop_answer", 20), ("stall_answer", 0.1)])
def test_with_the_gateway_down_the_owner_is_told_and_charged_once_in_the_end(
    api, booking, stripe_sandbox, settings, effect, patience
):
    stripe_sandbox.fault("POST", "/v1/payment_intents.*", effect, times=50)
    settings.STRIPE_TIMEOUT_SECONDS = patience
    client = api(booking.owner)
    for replayed in (None, "true"):
        answer = client.post(URL, order(booking), headers=key("a-key-of-mine"))
        told = (answer.status_code, answer.json()["escrow"]["status"], answer.json()["payment"])
        assert told == (202, "awaiting_funds", {"status": "processing"})
        assert answer.headers.get("Idempotent-Replayed") == replayed
    booking.refresh_from_db()
    assert booking.status == "pending_payment"
    stripe_sandbox.repair()
    settings.STRIPE_TIMEOUT_SECONDS = 20
    from apps.payments.models import Operation

    Operation.objects.update(next_attempt_at=booking.created_at)
    payments.resume_stale()
    booking.refresh_from_db()
    assert booking.status == "requested"
    answer = client.post(URL, order(booking), headers=key("a-key-of-mine"))
    assert (answer.status_code, answer.json()["escrow"]["status"]) == (201, "held")
    assert answer.json()["payment"] == {"status": "succeeded"}
    assert error(client.post(URL, order(booking), headers=key("another-key"))) == (409, "already_paid")
    assert len(stripe_sandbox.objects("charge")) == 1
    assert held(booking) == booking.total_minor


def test_a_refusal_that_comes_late_is_told_under_the_same_key(api, booking, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/payment_intents.*", "drop_answer", times=50)
    client = api(booking.owner)
    assert client.post(URL, order(booking, DECLINED), headers=key("a-key-of-mine")).status_code == 202
    stripe_sandbox.repair()
    from apps.payments.models import Operation

    Operation.objects.update(next_attempt_at=booking.created_at)
    payments.resume_stale()
    told = client.post(URL, order(booking, DECLINED), headers=key("a-key-of-mine"))
    assert error(told) == (402, "card_declined")
    assert len(stripe_sandbox.objects("payment_intent")) == 1
    assert client.post(URL, order(booking), headers=key("another-key")).status_code == 201


def test_a_payment_in_progress_is_not_kept_under_the_key(api, booking, stripe_sandbox):
    """The same request, repeated with the same key, succeeds when the other card's attempt is over."""
    client = api(booking.owner)
    client.post(URL, order(booking, NEEDS_BANK), headers=key())
    stripe_sandbox.fault("POST", "/v1/payment_intents/.*/cancel", "drop_request", times=50)
    assert error(client.post(URL, order(booking), headers=key("a-key-of-mine"))) == (409, "payment_in_progress")
    stripe_sandbox.repair()
    from apps.payments.models import Operation

    Operation.objects.update(next_attempt_at=booking.created_at)
    payments.resume_stale()
    answer = client.post(URL, order(booking), headers=key("a-key-of-mine"))
    assert (answer.status_code, answer.json()["escrow"]["status"]) == (201, "held")
    assert held(booking) == booking.total_minor


def test_a_hand_made_deposit_tells_the_truth_too(booking, stripe_sandbox):
    _, result = services.deposit(actor=booking.owner, booking_id=str(booking.public_id), payment_method=VISA)
    assert (result.hold.state, result.payment_status, result.client_secret) == ("held", "succeeded", None)
