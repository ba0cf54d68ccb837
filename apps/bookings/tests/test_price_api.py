"""POST /booking/price: a stored, explained price."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from apps.bookings.models import Booking, Quote
from apps.bookings.tests.factories import make_pet, make_sitter, today
from apps.commission.selectors import plan_of
from apps.sitters.models import NightReservation

URL = "/api/v1/booking/price"


@pytest.fixture
def wish(sitter: Any) -> dict[str, Any]:
    start = today() + timedelta(days=7)
    return {
        "sitter_id": str(sitter.public_id),
        "service": "boarding",
        "start_date": start.isoformat(),
        "end_date": (start + timedelta(days=2)).isoformat(),
        "pets": 1,
    }


def test_the_answer_is_the_stored_quote(api, owner, wish):
    answer = api(owner).post(URL, wish)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {
        "quote_id", "currency", "lines", "surge", "subtotal_minor", "owner_fee_minor", "total_minor",
        "sitter_fee_minor", "sitter_earnings_minor", "cancellation_policy", "expires_at",
    }  # fmt: skip
    quote = Quote.objects.get(public_id=body["quote_id"])
    assert quote.owner == owner
    assert quote.expires_at - quote.created_at == timedelta(minutes=15)
    assert sum(line["amount_minor"] for line in body["lines"]) == body["subtotal_minor"] == quote.subtotal_minor
    assert body["total_minor"] == body["subtotal_minor"] + body["owner_fee_minor"]
    assert body["sitter_earnings_minor"] == body["subtotal_minor"] - body["sitter_fee_minor"]
    assert [factor["name"] for factor in body["surge"]["factors"]] == [
        "demand", "lead_time", "weekend", "public_holiday",
    ]  # fmt: skip
    assert (quote.owner_fee_pct, quote.sitter_fee_pct) == (Decimal(10), Decimal(15))


def test_a_price_reserves_nothing(api, owner, wish):
    api(owner).post(URL, wish)
    assert not NightReservation.objects.exists()
    assert not Booking.objects.exists()


def test_the_premium_plan_takes_a_smaller_fee(api, owner, wish, sitter):
    sitter.plan = "premium"
    sitter.save()
    body = api(owner).post(URL, wish).json()
    assert body["sitter_fee_minor"] * 10 == body["subtotal_minor"]


def test_pets_by_id_count_like_a_number(api, owner, wish):
    two = [make_pet(owner) for _ in range(2)]
    by_number = api(owner).post(URL, wish | {"pets": 2}).json()
    del wish["pets"]
    by_id = api(owner).post(URL, wish | {"pet_ids": two}).json()
    assert by_id["subtotal_minor"] == by_number["subtotal_minor"]
    assert by_id["lines"][0]["base_minor"] == 5500


@pytest.mark.parametrize("with_ids", [True, False])
def test_six_queries_are_enough(api, owner, wish, settings, django_assert_max_num_queries, with_ids):
    settings.PETWASH_DEMO = False  # the demo's movable clock is a row of its own
    if with_ids:
        del wish["pets"]
        wish["pet_ids"] = [make_pet(owner)]
    client = api(owner)
    plan_of("standard")  # read once a minute in each process
    with django_assert_max_num_queries(6):
        assert client.post(URL, wish).status_code == 200


def test_more_nights_and_pets_need_no_more_queries(api, owner, wish):
    from django.db import connection

    def count(**changed: Any) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert api(owner).post(URL, wish | changed).status_code == 200
        return len(queries)

    far = (today() + timedelta(days=60)).isoformat()
    assert count(end_date=far, pets=2) == count()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start_date": "2020-01-01"}, "start_date"),
        ({"start_date": "2999-01-01", "end_date": "2999-01-03"}, "start_date"),
        ({"end_date": "2020-01-01"}, "end_date"),
        ({"end_date": "2999-01-01"}, "end_date"),
        ({"service": "grooming"}, "service"),
        ({"pets": 0}, "pets"),
        ({"pet_ids": ["x"]}, "pets"),
    ],
)
def test_a_wrong_field_is_named(api, owner, wish, change, field):
    answer = api(owner).post(URL, wish | change)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "validation_error"
    assert list(answer.json()["error"]["details"]) == [field]
    assert not Quote.objects.exists()


def test_a_pet_of_somebody_else_does_not_exist(api, owner, stranger, wish):
    del wish["pets"]
    theirs = make_pet(stranger)
    assert api(owner).post(URL, wish | {"pet_ids": [theirs]}).status_code == 404


def test_a_sitter_who_is_not_cleared_does_not_exist(api, owner, wish, sitter):
    sitter.vetting_status, sitter.trust_badge = "pending", "none"
    sitter.save()
    assert api(owner).post(URL, wish).status_code == 404


def test_a_service_must_be_offered(api, owner, wish, sitter):
    sitter.services.filter(service="house_sitting").delete()
    answer = api(owner).post(URL, wish | {"service": "house_sitting"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "service_not_offered")


def test_more_pets_than_the_sitter_takes_are_refused(api, owner, wish):
    answer = api(owner).post(URL, wish | {"pets": 3})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_pets")
    assert answer.json()["error"]["details"] == {"capacity": 2}


def test_nobody_books_themselves(api, sitter_user, wish):
    answer = api(sitter_user).post(URL, wish)
    assert list(answer.json()["error"]["details"]) == ["sitter_id"]


def test_day_care_counts_the_last_day_too(api, owner, wish):
    body = api(owner).post(URL, wish | {"service": "day_care", "end_date": wish["start_date"]}).json()
    assert [line["date"] for line in body["lines"]] == [wish["start_date"]]


def test_a_quote_in_yen_has_whole_yen(api, owner, wish, stranger):
    yen = make_sitter(stranger, currency="JPY")
    body = api(owner).post(URL, wish | {"sitter_id": str(yen.public_id)}).json()
    assert body["currency"] == "JPY"
    assert sum(line["amount_minor"] for line in body["lines"]) == body["subtotal_minor"]


def test_a_price_needs_a_token(api, wish):
    assert api().post(URL, wish).status_code == 401
