"""GET /bookings/{id}/money: each cent is somewhere, and the sentence says where."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.bookings import services
from apps.bookings.models import Booking
from apps.bookings.tests.test_money_for_a_change import given_up
from apps.bookings.tests.test_payout import pass_the_hold
from apps.common.clock import advance_business_clock, business_now
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.escrow.tests.holds import succeed_late
from apps.payments.gateways.port import MovementFacts
from apps.payments.models import Refund
from apps.payments.services.recording import record_refund


def money(api: Any, booking: Booking) -> Any:
    body = api(booking.owner).get(f"/api/v1/bookings/{booking.public_id}/money").json()
    shares = ("held_minor", "paid_out_minor", "fees_minor", "refunded_minor")
    assert body["paid_in_minor"] == sum(body[share] for share in shares)
    assert body["paid_in_minor"] == sum(place["amount_minor"] for place in body["places"])
    return body


def places(body: Any) -> dict[str, int]:
    return {place["place"]: place["amount_minor"] for place in body["places"]}


def test_before_the_payment_there_is_nothing(api, booking):
    body = money(api, booking)
    assert (body["paid_in_minor"], body["places"]) == (0, [])


def test_after_the_payment_all_of_it_is_held(api, paid):
    body = money(api, paid)
    assert body["held_minor"] == paid.total_minor
    assert places(body) == {"held_for_stay": paid.subtotal_minor, "owner_fee_not_yet_earned": paid.owner_fee_minor}


def test_after_the_stay_the_sentence_names_the_instant(api, completed):
    body = money(api, completed)
    due = completed.scheduled_end_at + timedelta(hours=24)
    assert body["release_due_at"].startswith(due.isoformat()[:19])
    assert due.isoformat() in body["places"][0]["why"]


def test_after_the_payout_the_sitter_has_the_earnings_and_we_the_fees(api, completed, payee):
    due = completed.scheduled_end_at + timedelta(hours=24)
    advance_business_clock(int((due - business_now()).total_seconds()) + 2)
    escrow.release_due_payouts()
    assert places(money(api, completed)) == {
        "paid_to_sitter": completed.sitter_earnings_minor,
        "sitter_fee": completed.sitter_fee_minor,
        "owner_fee": completed.owner_fee_minor,
    }


def test_a_freeze_is_said(api, paid, agent):
    escrow.StayPetEscrow.freeze(booking_id=str(paid.public_id), actor=agent, reason="looked into")
    body = money(api, paid)
    assert body["frozen"] is True
    assert "frozen" in body["places"][0]["why"]


def test_money_that_came_too_late_is_shown_until_it_has_gone_back(api, started, payee, stripe_sandbox):
    payment = given_up(started)
    services.complete_stay(actor=started.sitter.user, booking_id=str(started.public_id))
    started.refresh_from_db()
    pass_the_hold(started)
    escrow.release_due_payouts()
    succeed_late(payment)
    body = money(api, started)
    assert (places(body)["paid_too_much"], body["paid_in_minor"]) == (2_200, started.total_minor + 2_200)
    earlier = business_now()
    advance_business_clock(60)
    refund = Refund.objects.get()
    facts = MovementFacts("re_late", str(refund.public_id), status="succeeded", amount=refund.amount)
    with transaction.atomic():
        record_refund(refund.pk, facts)
    assert "paid_too_much" not in places(money(api, started))
    then = {place.place: place.amount.amount_minor for place in escrow_q.whereabouts(str(started.public_id), earlier)}
    assert then["paid_too_much"] == 2_200


def test_as_of_an_earlier_instant(api, paid):
    before = paid.created_at - timedelta(seconds=1)
    url = f"/api/v1/bookings/{paid.public_id}/money"
    body = api(paid.owner).get(url, {"as_of": before.isoformat()}).json()
    assert (body["paid_in_minor"], body["places"], body["escrow_status"]) == (0, [], "awaiting_funds")
    assert api(paid.owner).get(url, {"as_of": business_now().isoformat()}).json()["held_minor"] == paid.total_minor


NO_INSTANTS = [
    "yesterday", "NaN", "Infinity", "0", "1e9", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z", "2026-01-01T00:00:00+99:99",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_INSTANTS)
def test_an_instant_that_is_none_is_named(api, paid, text):
    answer = api(paid.owner).get(f"/api/v1/bookings/{paid.public_id}/money", {"as_of": text})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["as_of"])


@pytest.mark.parametrize(
    ("text", "paid_in"),
    [
        ("0001-01-01T00:00:00Z", False),
        ("0001-01-01T00:00:00-14:00", False),
        ("1969-12-31T23:59:59.999999Z", False),
        ("9999-12-31T23:59:59+14:00", True),
        ("9999-12-31T23:59:59.999999Z", True),
    ],
)
def test_the_ends_of_the_calendar_are_instants_too(api, paid, text, paid_in):
    body = api(paid.owner).get(f"/api/v1/bookings/{paid.public_id}/money", {"as_of": text}).json()
    assert body["paid_in_minor"] == (paid.total_minor if paid_in else 0)
    assert sum(place["amount_minor"] for place in body["places"]) == body["paid_in_minor"]
