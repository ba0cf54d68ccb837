"""POST /sitter/payout and the payout run: 24 hours after the stay, once, to the cent."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from apps.bookings.models import Booking
from apps.bookings.tests.answers import error, key
from apps.common.clock import advance_business_clock, business_now
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.escrow.services import StayPetEscrow
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments.gateways.port import GatewayRefused
from apps.payments.gateways.stripe_api import StripeGateway

URL = "/api/v1/sitter/payout"


def ask(api: Any, person: Any, booking: Booking) -> Any:
    return api(person).post(URL, {"booking_id": str(booking.public_id)}, headers=key())


def pass_the_hold(booking: Booking) -> None:
    due = booking.scheduled_end_at + timedelta(hours=24)
    advance_business_clock(int((due - business_now()).total_seconds()) + 2)


def revenue(kind: str) -> int:
    return ledger.balance(AccountRef(kind), "USD").amount_minor


def test_before_the_24_hours_the_answer_names_the_instant(api, completed, payee, stripe_sandbox):
    answer = ask(api, completed.sitter.user, completed)
    assert error(answer) == (409, "hold_not_elapsed")
    due = completed.scheduled_end_at + timedelta(hours=24)
    assert answer.json()["error"]["details"] == {"release_due_at": due.isoformat()}
    assert stripe_sandbox.objects("transfer") == []


def test_the_same_key_is_answered_anew_when_the_24_hours_are_over(api, completed, payee, stripe_sandbox):
    body, header = {"booking_id": str(completed.public_id)}, key("a-key-of-mine")
    client = api(completed.sitter.user)
    assert error(client.post(URL, body, headers=header)) == (409, "hold_not_elapsed")
    pass_the_hold(completed)
    answer = client.post(URL, body, headers=header)
    assert (answer.status_code, answer.json()["payout"]["status"]) == (200, "paid")
    assert len(stripe_sandbox.objects("transfer")) == 1


def test_after_the_24_hours_the_sitter_is_paid_the_earnings(api, completed, payee, stripe_sandbox):
    pass_the_hold(completed)
    answer = ask(api, completed.sitter.user, completed)
    assert answer.status_code == 200
    payout = answer.json()["payout"]
    assert (payout["status"], payout["amount_minor"]) == ("paid", completed.sitter_earnings_minor)
    (transfer,) = stripe_sandbox.objects("transfer")
    assert transfer["amount"] == completed.sitter_earnings_minor
    assert revenue("revenue_sitter_fee") == completed.sitter_fee_minor
    assert revenue("revenue_owner_fee") == completed.owner_fee_minor
    completed.refresh_from_db()
    assert (completed.status, completed.escrow_status) == ("completed", "released")
    assert ledger.check().ok


def test_asking_again_shows_the_same_payout(api, completed, payee, stripe_sandbox):
    pass_the_hold(completed)
    first = ask(api, completed.sitter.user, completed).json()
    assert ask(api, completed.sitter.user, completed).json() == first
    assert len(stripe_sandbox.objects("transfer")) == 1


def test_the_payout_run_pays_what_is_due_and_only_once(completed, payee, stripe_sandbox):
    assert escrow.release_due_payouts() == 0
    pass_the_hold(completed)
    assert escrow.release_due_payouts() == 1
    assert escrow.release_due_payouts() == 0
    assert escrow_q.hold_of(str(completed.public_id)).state == "released"
    assert len(stripe_sandbox.objects("transfer")) == 1


def test_a_stay_that_is_not_completed_is_not_paid_out(api, started, payee):
    assert error(ask(api, started.sitter.user, started)) == (409, "stay_not_completed")


@pytest.mark.parametrize(("who", "expected"), [("owner", (403, "only_the_sitter")), ("stranger", (404, "not_found"))])
def test_only_the_sitter_asks(api, completed, payee, request, who, expected):
    assert error(ask(api, request.getfixturevalue(who), completed)) == expected


def test_a_sitter_without_a_payout_account_is_told_and_paid_later(api, completed, stripe_sandbox):
    from apps.payments import services as payments

    pass_the_hold(completed)
    assert error(ask(api, completed.sitter.user, completed)) == (409, "payout_account_missing")
    assert escrow.release_due_payouts() == 0
    payments.open_payee_account(completed.sitter.user)
    assert escrow.release_due_payouts() == 0  # looked at again half an hour later
    assert ask(api, completed.sitter.user, completed).json()["payout"]["status"] == "paid"


def test_a_frozen_payment_is_not_paid_out_until_it_is_lifted(api, completed, payee, agent, stripe_sandbox):
    key = str(completed.public_id)
    StayPetEscrow.freeze(booking_id=key, actor=agent, reason="a scratched sofa")
    pass_the_hold(completed)
    assert error(ask(api, completed.sitter.user, completed)) == (409, "escrow_frozen")
    assert escrow.release_due_payouts() == 0
    assert stripe_sandbox.objects("transfer") == []
    StayPetEscrow.lift(booking_id=key, actor=agent, reason="settled")
    assert escrow.release_due_payouts() == 1


def test_a_key_is_required(api, completed):
    answer = api(completed.sitter.user).post(URL, {"booking_id": str(completed.public_id)})
    assert error(answer) == (400, "validation_error")


def test_a_transfer_that_is_refused_is_told_and_made_later(api, completed, payee, stripe_sandbox):
    pass_the_hold(completed)
    refusal = GatewayRefused("account_closed", "The account was closed.")
    with patch.object(StripeGateway, "transfer", side_effect=refusal):
        answer = ask(api, completed.sitter.user, completed)
    assert error(answer) == (409, "payout_refused")
    assert answer.json()["error"]["details"] == {"reason": "account_closed"}
    assert ask(api, completed.sitter.user, completed).json()["payout"]["status"] == "paid"
    assert len(stripe_sandbox.objects("transfer")) == 1
