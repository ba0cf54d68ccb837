"""What cannot be paid or paid out is named at the API, and leaves no trace of an attempt."""

from typing import Any

import pytest

from apps.bookings.models import Booking
from apps.bookings.tests.answers import error, key
from apps.bookings.tests.factories import VISA, make_booking
from apps.bookings.tests.test_payout import pass_the_hold
from apps.ledger import selectors as ledger
from apps.payments.models import Operation

DEPOSIT, PAYOUT = "/api/v1/booking/deposit", "/api/v1/sitter/payout"
NOBODY = "0190b5a4-0000-7000-8000-000000000000"


def details(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["error"]["details"]
    return found


def nothing_paid(booking: Booking, sandbox: Any) -> bool:
    """Tell whether the booking waits for its payment as before, with no money or call on its way."""
    booking.refresh_from_db()
    waits = (booking.status, booking.escrow_status) == ("pending_payment", "awaiting_funds")
    at_work = Operation.objects.exclude(status__in=["succeeded", "failed"]).exists()
    return waits and not sandbox.objects("charge") and not ledger.check().journals and not at_work


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payment_method", ""),
        ("payment_method", "   "),
        ("payment_method", None),
        ("payment_method", "x" * 256),
        ("payment_method", {"card": "4242"}),
        ("booking_id", None),
    ],
)
def test_a_deposit_that_cannot_be_names_the_field(api, booking, stripe_sandbox, field, value):
    body = {"booking_id": str(booking.public_id), "payment_method": VISA, field: value}

    answer = api(booking.owner).post(DEPOSIT, body, headers=key(), format="json")

    assert error(answer) == (400, "validation_error")
    assert field in details(answer)
    assert nothing_paid(booking, stripe_sandbox)
    assert stripe_sandbox.objects("payment_intent") == []


def test_a_card_that_nobody_knows_takes_nothing_and_another_may_pay(api, booking, stripe_sandbox):
    client = api(booking.owner)
    body = {"booking_id": str(booking.public_id), "payment_method": "pm_nobody"}

    assert error(client.post(DEPOSIT, body, headers=key())) == (402, "invalid_payment_method")
    assert nothing_paid(booking, stripe_sandbox)

    assert client.post(DEPOSIT, body | {"payment_method": VISA}, headers=key()).status_code == 201


@pytest.mark.parametrize("booking_id", [NOBODY, "no-id", "7"])
def test_a_deposit_for_no_booking_is_not_found(api, booking, stripe_sandbox, booking_id):
    answer = api(booking.owner).post(DEPOSIT, {"booking_id": booking_id, "payment_method": VISA}, headers=key())

    assert error(answer) == (404, "not_found")
    assert stripe_sandbox.objects("payment_intent") == []


def test_a_key_used_for_another_deposit_is_refused(api, booking, sitter, stripe_sandbox):
    other = make_booking(booking.owner, sitter, start=10)
    client, header = api(booking.owner), key("a-key-of-mine")
    assert client.post(DEPOSIT, order(booking), headers=header).status_code == 201

    assert error(client.post(DEPOSIT, order(other), headers=header)) == (409, "idempotency_key_reused")

    other.refresh_from_db()
    assert other.status == "pending_payment"
    assert len(stripe_sandbox.objects("charge")) == 1


def order(booking: Booking) -> dict[str, str]:
    return {"booking_id": str(booking.public_id), "payment_method": VISA}


@pytest.mark.parametrize("transfers", ["active", "inactive"])
def test_an_account_that_is_not_enabled_is_not_paid(api, completed, payee, stripe_sandbox, transfers):
    stripe_sandbox.disable(payee.provider_account_id, transfers=transfers)
    stripe_sandbox.deliver_webhooks()
    pass_the_hold(completed)
    before = ledger.check().journals

    answer = api(completed.sitter.user).post(PAYOUT, {"booking_id": str(completed.public_id)}, headers=key())

    assert error(answer) == (409, "payout_account_not_enabled")
    assert stripe_sandbox.objects("transfer") == []
    assert ledger.check().journals == before
    completed.refresh_from_db()
    assert completed.escrow_status == "release_due"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "validation_error")),
        ({"booking_id": ""}, (400, "validation_error")),
        ({"booking_id": "no-id"}, (404, "not_found")),
        ({"booking_id": NOBODY}, (404, "not_found")),
    ],
)
def test_a_payout_of_no_booking_is_named(api, completed, payee, stripe_sandbox, body, expected):
    pass_the_hold(completed)

    answer = api(completed.sitter.user).post(PAYOUT, body, headers=key(), format="json")

    assert error(answer) == expected
    assert stripe_sandbox.objects("transfer") == []


def test_a_key_used_for_another_payout_is_refused(api, completed, payee, stripe_sandbox):
    pass_the_hold(completed)
    client, header = api(completed.sitter.user), key("a-key-of-mine")
    assert client.post(PAYOUT, {"booking_id": str(completed.public_id)}, headers=header).status_code == 200

    assert error(client.post(PAYOUT, {"booking_id": NOBODY}, headers=header)) == (409, "idempotency_key_reused")

    assert len(stripe_sandbox.objects("transfer")) == 1
