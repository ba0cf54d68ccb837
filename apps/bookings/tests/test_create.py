"""POST /booking/create: a quote becomes one booking, and takes its nights."""

from datetime import timedelta
from typing import Any

import pytest

from apps.bookings.models import Booking, BookingTransition
from apps.bookings.tests.answers import error, key
from apps.bookings.tests.factories import make_pet, make_quote
from apps.common.clock import advance_business_clock
from apps.escrow import selectors as escrow_q
from apps.sitters.models import SitterNight

URL = "/api/v1/booking/create"


@pytest.fixture
def quote(owner: Any, sitter: Any) -> Any:
    return make_quote(owner, sitter)


@pytest.fixture
def order(owner: Any, quote: Any) -> dict[str, Any]:
    return {"quote_id": str(quote.public_id), "pet_ids": [make_pet(owner, name="Rex")], "message": "Hello"}


def test_a_booking_waits_for_its_payment_at_the_quoted_price(api, owner, quote, order):
    answer = api(owner).post(URL, order, headers=key())
    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["escrow_status"]) == ("pending_payment", "awaiting_funds")
    assert body["reference"].startswith("PW-")
    assert body["total_minor"] == quote.total_minor
    assert (body["owner_fee_pct"], body["sitter_fee_pct"]) == (10.0, 15.0)
    assert [pet["name"] for pet in body["pets"]] == ["Rex"]
    assert len(body["start_pin"]) == 6
    booking = Booking.objects.get(public_id=body["id"])
    assert booking.hold_expires_at - booking.created_at == timedelta(minutes=15)
    assert escrow_q.hold_of(body["id"]).total.amount_minor == quote.total_minor
    assert list(BookingTransition.objects.values_list("old_status", "new_status", "actor")) == [
        ("", "pending_payment", owner.pk)
    ]


def test_the_nights_are_taken(api, owner, sitter, quote, order):
    api(owner).post(URL, order, headers=key())
    rows = SitterNight.objects.filter(sitter=sitter).order_by("night")
    assert [(row.night, row.booked) for row in rows] == [
        (quote.start_date, 1),
        (quote.start_date + timedelta(days=1), 1),
    ]


def test_a_quote_makes_one_booking(api, owner, order):
    first = api(owner).post(URL, order, headers=key()).json()
    again = api(owner).post(URL, order, headers=key())
    assert error(again) == (409, "quote_already_used")
    assert again.json()["error"]["details"] == {"booking_id": first["id"]}
    assert Booking.objects.count() == 1


def test_an_expired_quote_is_refused(api, owner, order):
    advance_business_clock(15 * 60)
    assert error(api(owner).post(URL, order, headers=key())) == (409, "quote_expired")
    assert not SitterNight.objects.exists()


def test_a_quote_of_somebody_else_does_not_exist(api, stranger, order):
    order["pet_ids"] = [make_pet(stranger)]
    assert error(api(stranger).post(URL, order, headers=key())) == (404, "not_found")


def test_an_unreadable_quote_id_does_not_exist(api, owner, order):
    assert error(api(owner).post(URL, order | {"quote_id": "nonsense"}, headers=key())) == (404, "not_found")


def test_a_pet_of_somebody_else_is_refused(api, owner, stranger, order):
    theirs = make_pet(stranger)
    assert api(owner).post(URL, order | {"pet_ids": [theirs]}, headers=key()).status_code == 404
    assert not Booking.objects.exists()


def test_as_many_pets_as_were_priced(api, owner, order):
    more = [*order["pet_ids"], make_pet(owner)]
    answer = api(owner).post(URL, order | {"pet_ids": more}, headers=key())
    assert error(answer) == (400, "validation_error")
    assert list(answer.json()["error"]["details"]) == ["pet_ids"]


def test_a_night_that_is_taken_meanwhile_is_named(api, owner, sitter, quote, order):
    SitterNight.objects.create(sitter=sitter, night=quote.start_date, capacity=2, booked=2)
    answer = api(owner).post(URL, order, headers=key())
    assert error(answer) == (409, "nights_unavailable")
    assert answer.json()["error"]["details"]["nights"] == [quote.start_date.isoformat()]
    assert not Booking.objects.exists()


def test_a_sitter_who_lost_the_clearance_cannot_be_booked(api, owner, sitter, order):
    sitter.vetting_status, sitter.trust_badge = "pending", "none"
    sitter.save()
    assert error(api(owner).post(URL, order, headers=key())) == (409, "sitter_not_cleared")


def test_booking_needs_a_verified_address(api, owner, order):
    owner.email_verified_at = None
    owner.save()
    assert error(api(owner).post(URL, order, headers=key())) == (403, "email_not_verified")


def test_the_same_request_again_gets_the_same_booking(api, owner, order):
    first = api(owner).post(URL, order, headers=key("a-key-of-mine"))
    again = api(owner).post(URL, order, headers=key("a-key-of-mine"))
    assert (again.status_code, again.json()) == (201, first.json())


def test_a_key_is_required(api, owner, order):
    assert error(api(owner).post(URL, order)) == (400, "validation_error")
    assert not Booking.objects.exists()
