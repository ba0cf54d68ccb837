"""Cancelling presents the refund quote that was shown."""

from typing import Any

import pytest

from apps.bookings import services
from apps.bookings.models import Booking
from apps.bookings.tests.answers import error, key
from apps.bookings.tests.factories import NEEDS_BANK, VISA, make_booking
from apps.common.clock import advance_business_clock
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.ledger import selectors as ledger
from apps.sitters.models import SitterNight


def ask(api: Any, person: Any, booking: Booking) -> Any:
    return api(person).get(f"/api/v1/bookings/{booking.public_id}/refund-quote")


def cancel(api: Any, person: Any, booking: Booking, token: str = "") -> Any:
    token = token or ask(api, person, booking).json()["refund_quote"]
    url = f"/api/v1/bookings/{booking.public_id}/cancel"
    return api(person).post(url, {"refund_quote": token}, headers=key())


def agreed(owner: Any, sitter: Any, start: int) -> Booking:
    booking = make_booking(owner, sitter, start=start)
    services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
    services.accept(actor=sitter.user, booking_id=str(booking.public_id))
    return booking


def booked() -> set[int]:
    return set(SitterNight.objects.values_list("booked", flat=True))


def test_an_early_cancellation_gives_everything_back(api, owner, sitter, stripe_sandbox):
    booking = agreed(owner, sitter, start=10)
    quote = ask(api, owner, booking).json()
    assert (quote["percent"], quote["amount_minor"], quote["rule"]) == (100, booking.total_minor, "grace")
    body = cancel(api, owner, booking, quote["refund_quote"]).json()
    assert (body["status"], body["escrow_status"]) == ("cancelled", "refunded")
    assert booked() == {0}
    assert ledger.check().ok


def test_after_a_partial_refund_the_sitter_is_paid_the_rest(api, owner, sitter, payee, stripe_sandbox):
    booking = agreed(owner, sitter, start=2)  # moderate: half back until a day before
    quote = ask(api, owner, booking).json()
    assert (quote["rule"], quote["owner_fee_minor"]) == ("moderate_partial", 0)
    assert quote["stay_minor"] == booking.subtotal_minor / 2
    body = cancel(api, owner, booking, quote["refund_quote"]).json()
    assert (body["status"], body["escrow_status"]) == ("cancelled", "release_due")
    advance_business_clock(24 * 3600 + 1)
    assert escrow.release_due_payouts() == 1
    rest = booking.subtotal_minor - quote["stay_minor"]
    payout = escrow_q.payout_of(str(booking.public_id))
    assert payout is not None
    assert payout.amount.amount_minor + payout.sitter_fee.amount_minor == rest
    assert payout.sitter_fee.amount_minor == round(rest * 0.15)
    assert ledger.check().ok


def test_too_late_nothing_comes_back_and_the_sitter_is_paid(api, accepted, payee, stripe_sandbox):
    quote = ask(api, accepted.owner, accepted).json()
    assert (quote["percent"], quote["amount_minor"]) == (0, 0)
    assert cancel(api, accepted.owner, accepted, quote["refund_quote"]).json()["escrow_status"] == "release_due"
    assert stripe_sandbox.objects("refund") == []
    advance_business_clock(24 * 3600 + 1)
    assert escrow.release_due_payouts() == 1


def test_the_sitters_cancellation_gives_everything_back(api, accepted, stripe_sandbox):
    body = cancel(api, accepted.sitter.user, accepted).json()
    assert (body["status"], body["escrow_status"]) == ("cancelled", "refunded")


def test_an_unanswered_request_is_withdrawn_without_a_cost(api, paid, stripe_sandbox):
    quote = ask(api, paid.owner, paid).json()
    assert (quote["rule"], quote["amount_minor"]) == ("request_withdrawn", paid.total_minor)
    assert cancel(api, paid.owner, paid).json()["escrow_status"] == "refunded"


@pytest.mark.parametrize("card", ["", NEEDS_BANK])
def test_an_unpaid_booking_is_cancelled_with_its_payment(api, booking, stripe_sandbox, card):
    if card:
        services.deposit(actor=booking.owner, booking_id=str(booking.public_id), payment_method=card)
    body = cancel(api, booking.owner, booking).json()
    assert (body["status"], body["escrow_status"]) == ("cancelled", "void")
    assert booked() == {0}
    assert {intent["status"] for intent in stripe_sandbox.objects("payment_intent")} <= {"canceled"}


def test_a_quote_given_before_the_payment_is_not_valid_after_it(api, booking, stripe_sandbox):
    token = ask(api, booking.owner, booking).json()["refund_quote"]
    services.deposit(actor=booking.owner, booking_id=str(booking.public_id), payment_method=VISA)
    assert error(cancel(api, booking.owner, booking, token)) == (409, "quote_outdated")
    booking.refresh_from_db()
    assert booking.status == "requested"


def test_a_quote_for_a_request_is_not_valid_once_the_sitter_has_accepted(api, paid, stripe_sandbox):
    token = ask(api, paid.owner, paid).json()["refund_quote"]
    services.accept(actor=paid.sitter.user, booking_id=str(paid.public_id))
    assert error(cancel(api, paid.owner, paid, token)) == (409, "quote_outdated")
    paid.refresh_from_db()
    assert (paid.status, paid.escrow_status) == ("confirmed", "held")
    assert stripe_sandbox.objects("refund") == []


def test_a_quote_that_still_says_the_same_stays_valid_when_the_sitter_accepts(api, owner, sitter, stripe_sandbox):
    booking = make_booking(owner, sitter, start=10)
    services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
    token = ask(api, owner, booking).json()["refund_quote"]
    services.accept(actor=sitter.user, booking_id=str(booking.public_id))
    assert cancel(api, owner, booking, token).json()["escrow_status"] == "refunded"


def test_a_quote_of_another_tier_is_not_valid(api, owner, sitter, stripe_sandbox):
    booking = agreed(owner, sitter, start=2)  # moderate: half back
    token = ask(api, owner, booking).json()["refund_quote"]
    Booking.objects.filter(pk=booking.pk).update(cancellation_policy="flexible")  # all of it back
    assert error(cancel(api, owner, booking, token)) == (409, "quote_outdated")
    assert stripe_sandbox.objects("refund") == []


def test_a_sitter_who_calls_off_what_was_agreed_is_on_the_public_record(api, accepted, stripe_sandbox):
    cancel(api, accepted.sitter.user, accepted)
    shown = api().get(f"/api/v1/sitters/{accepted.sitter.public_id}").json()
    assert (shown["cancelled_stays"], shown["missed_stays"]) == (1, 0)


def test_an_owner_who_does_leaves_the_sitters_record_alone(api, accepted, stripe_sandbox):
    cancel(api, accepted.owner, accepted)
    assert api().get(f"/api/v1/sitters/{accepted.sitter.public_id}").json()["cancelled_stays"] == 0


def test_a_quote_is_valid_for_ten_minutes(api, paid, stripe_sandbox):
    token = ask(api, paid.owner, paid).json()["refund_quote"]
    advance_business_clock(10 * 60)
    assert error(cancel(api, paid.owner, paid, token)) == (409, "refund_quote_expired")
    assert stripe_sandbox.objects("refund") == []


@pytest.mark.parametrize("token", ["nonsense", "eyJhIjoxfQ:1abc:xyz"])
def test_nobody_writes_terms_of_their_own(api, paid, stripe_sandbox, token):
    answer = cancel(api, paid.owner, paid, token)
    assert list(answer.json()["error"]["details"]) == ["refund_quote"]
    assert stripe_sandbox.objects("refund") == []


def test_the_other_sides_quote_is_not_ones_own(api, accepted, stripe_sandbox):
    token = ask(api, accepted.sitter.user, accepted).json()["refund_quote"]
    assert error(cancel(api, accepted.owner, accepted, token)) == (400, "validation_error")


def test_a_stay_that_has_begun_is_not_cancelled(api, started):
    assert error(ask(api, started.owner, started)) == (409, "booking_moved")


def test_cancelling_twice_refunds_once(api, paid, stripe_sandbox):
    token = ask(api, paid.owner, paid).json()["refund_quote"]
    cancel(api, paid.owner, paid, token)
    assert cancel(api, paid.owner, paid, token).json()["status"] == "cancelled"
    assert len(stripe_sandbox.objects("refund")) == 1
