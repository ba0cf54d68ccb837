"""What sitters and owners get: figures, PDF and CSV; nobody gets anybody else's."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from apps.bookings.models import Booking
from apps.common.clock import business_now
from apps.statements import services
from apps.statements.models import Statement
from apps.statements.tests.conftest import PayOut, until

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/api/v1/sitter/statements"


@pytest.fixture
def closed(pay_out: PayOut) -> Booking:
    """One stay on one closed statement."""
    booking = pay_out()
    until(business_now() + timedelta(days=32))
    services.close_periods()
    return booking


def earned(booking: Booking) -> dict[str, int]:
    price, fee = booking.subtotal_minor, booking.sitter_fee_minor
    return {"gross_minor": price, "fees_minor": fee, "kept_minor": 0, "paid_minor": price - fee}


def test_a_sitter_lists_and_opens_the_own_statements(api: Any, sitter_user: Any, closed: Booking) -> None:
    page = api(sitter_user).get(LIST).json()
    (listed,) = page["results"]
    assert listed["totals"] == {"stays": 1, **earned(closed)}
    sheet = api(sitter_user).get(f"{LIST}/{listed['id']}").json()
    (line,) = sheet["lines"]
    assert (line["reference"], line["kind"], line["stay_minor"]) == (closed.reference, "payout", closed.subtotal_minor)
    assert (sheet["number"], sheet["totals"]) == (listed["number"], listed["totals"])


@pytest.mark.parametrize("tail", ["", "/pdf", "/csv"])
def test_nobody_else_sees_it(api: Any, owner: Any, stranger: Any, closed: Booking, tail: str) -> None:
    statement = Statement.objects.get()
    for person in (owner, stranger):
        answer = api(person).get(f"{LIST}/{statement.public_id}{tail}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert api(person).get(LIST).json()["results"] == []
    assert api(stranger).get(f"{LIST}/nonsense{tail}").status_code == 404
    assert api().get(f"{LIST}/{statement.public_id}{tail}").status_code == 401


def test_the_open_month_shows_what_there_is_so_far(api: Any, sitter_user: Any, pay_out: PayOut) -> None:
    assert api(sitter_user).get(f"{LIST}/open").json() == {"statements": []}
    booking = pay_out()
    (sheet,) = api(sitter_user).get(f"{LIST}/open").json()["statements"]
    assert (sheet["number"], sheet["issued_at"], sheet["totals"]) == ("", None, {"stays": 1, **earned(booking)})


def test_the_csv_says_the_same_in_major_units(api: Any, sitter_user: Any, closed: Booking) -> None:
    answer = api(sitter_user).get(f"{LIST}/{Statement.objects.get().public_id}/csv", headers={"accept": "text/csv"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    paid = f"{(closed.subtotal_minor - closed.sitter_fee_minor) / 100:.2f}"
    assert (row["booking"], row["currency"], row["paid"]) == (closed.reference, "USD", paid)


@pytest.mark.parametrize("accept", ["application/pdf", "application/json", "*/*"])
def test_the_pdf_is_one_whatever_the_client_says_it_takes(
    api: Any, sitter_user: Any, closed: Booking, accept: str
) -> None:
    answer = api(sitter_user).get(f"{LIST}/{Statement.objects.get().public_id}/pdf", headers={"accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer["Cache-Control"] == "private, no-store"


def test_a_statement_costs_the_same_queries_however_long(
    api: Any, sitter_user: Any, pay_out: PayOut, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for _ in range(2):
        pay_out()
        with CaptureQueriesContext(connection) as seen:
            api(sitter_user).get(f"{LIST}/open")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_year_is_told_by_month_and_quarter(api: Any, sitter_user: Any, closed: Booking) -> None:
    paid_at = Statement.objects.get().lines.get().happened_at
    from apps.statements import selectors

    local = paid_at.astimezone(selectors.zone_of(sitter_user))
    (year,) = api(sitter_user).get(f"/api/v1/sitter/earnings/{local.year}").json()["years"]
    assert year["months"][local.month - 1] == {"stays": 1, **earned(closed)}
    assert year["quarters"][(local.month - 1) // 3] == {"stays": 1, **earned(closed)}
    assert year["total"] == {"stays": 1, **earned(closed)}
    assert sum(month["stays"] for month in year["months"]) == 1
    for tail, kind in (("pdf", "application/pdf"), ("csv", "text/csv")):
        answer = api(sitter_user).get(f"/api/v1/sitter/earnings/{local.year}/{tail}?currency=USD")
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    answer = api(sitter_user).get(f"/api/v1/sitter/earnings/{local.year}/csv?currency=EUR")
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["currency"])


@pytest.mark.parametrize("year", ["0", "2025", "2100", "99999999999999999999", "-1", "two", "\uff12\uff10\uff12\uff16"])
def test_a_year_that_cannot_be_is_named(api: Any, sitter_user: Any, year: str) -> None:
    answer = api(sitter_user).get(f"/api/v1/sitter/earnings/{year}")
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["year"])


def test_the_owner_gets_a_receipt(api: Any, owner: Any, sitter_user: Any, stranger: Any, closed: Booking) -> None:
    path = f"/api/v1/bookings/{closed.public_id}/receipt"
    receipt = api(owner).get(path).json()
    assert (receipt["reference"], receipt["paid_minor"], receipt["refunded_minor"]) == (
        closed.reference,
        closed.total_minor,
        0,
    )
    assert sum(line["amount_minor"] for line in receipt["lines"]) == closed.total_minor
    assert api(owner).get(f"{path}/pdf").content.startswith(b"%PDF-")
    assert api(sitter_user).get(path).json()["error"]["code"] == "only_the_owner"
    assert api(stranger).get(path).status_code == 404


def test_without_a_payment_there_is_no_receipt(api: Any, owner: Any, sitter: Any) -> None:
    from apps.bookings.tests.factories import make_booking

    booking = make_booking(owner, sitter, start=1)
    answer = api(owner).get(f"/api/v1/bookings/{booking.public_id}/receipt")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_paid")
