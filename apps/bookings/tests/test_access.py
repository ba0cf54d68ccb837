"""Owner and sitter see a booking; to everybody else it does not exist."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bookings.tests.answers import error
from apps.bookings.tests.factories import make_booking

READS = ["", "/money", "/refund-quote"]


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("who", ["owner", "sitter_user"])
def test_both_sides_read(api, paid, request, who, path):
    person: Any = request.getfixturevalue(who)
    assert api(person).get(f"/api/v1/bookings/{paid.public_id}{path}").status_code == 200


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("who", ["stranger", "agent"])
def test_nobody_else_does(api, booking, request, who, path):
    person: Any = request.getfixturevalue(who)
    assert error(api(person).get(f"/api/v1/bookings/{booking.public_id}{path}")) == (404, "not_found")


@pytest.mark.parametrize("path", READS)
def test_without_a_token_nothing_is_shown(api, booking, path):
    assert api().get(f"/api/v1/bookings/{booking.public_id}{path}").status_code == 401


def test_an_unreadable_id_does_not_exist(api, owner):
    assert error(api(owner).get("/api/v1/bookings/nonsense")) == (404, "not_found")


def test_the_list_holds_ones_own_newest_first(api, owner, sitter, sitter_user, stranger):
    first, second = make_booking(owner, sitter), make_booking(owner, sitter, start=10)
    make_booking(stranger, sitter, start=20)
    mine = api(owner).get("/api/v1/bookings").json()
    assert [row["id"] for row in mine["results"]] == [str(second.public_id), str(first.public_id)]
    assert len(api(sitter_user).get("/api/v1/bookings").json()["results"]) == 3


def test_the_list_is_read_in_pages(api, owner, sitter):
    ids = [str(make_booking(owner, sitter, start=5 * n).public_id) for n in range(3)]
    page = api(owner).get("/api/v1/bookings?limit=2").json()
    assert [row["id"] for row in page["results"]] == ids[:0:-1]
    rest = api(owner).get(f"/api/v1/bookings?limit=2&cursor={page['next']}").json()
    assert ([row["id"] for row in rest["results"]], rest["next"]) == (ids[:1], None)


def test_a_longer_list_needs_no_more_queries(api, owner, sitter):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            api(owner).get("/api/v1/bookings")
        return len(queries)

    make_booking(owner, sitter)
    one = count()
    make_booking(owner, sitter, start=5)
    make_booking(owner, sitter, start=10, pets=2)
    assert count() == one


def test_a_confirmed_booking_is_known_to_others_below(accepted, owner, sitter_user, stranger):
    from apps.bookings.selectors import has_confirmed_booking

    assert has_confirmed_booking(owner.pk, sitter_user.pk)
    assert not has_confirmed_booking(stranger.pk, sitter_user.pk)


def test_a_paid_request_is_not_an_agreement_yet(paid, owner, sitter_user):
    from apps.bookings.selectors import has_confirmed_booking

    assert not has_confirmed_booking(owner.pk, sitter_user.pk)
