"""Bookings in the console: to look at, without the PIN."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bookings.tests.factories import make_booking
from petwash.testing.staff import console, member_of

LIST = "/admin/bookings/booking/"


def test_the_list_needs_no_more_queries_for_more_rows(owner, sitter, agent):
    client = console(agent)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    make_booking(owner, sitter)
    count()
    one = count()
    make_booking(owner, sitter, start=5)
    make_booking(owner, sitter, start=10)
    assert count() == one


def test_a_booking_shows_its_history_and_hides_the_pin(booking, agent):
    booking.message = "The key is under the mat."
    booking.save()
    page = console(agent).get(f"{LIST}{booking.pk}/change/").content.decode()
    assert booking.reference in page
    assert "booked from a quote" in page
    assert booking.start_pin not in page
    assert "under the mat" not in page


def test_support_looks_and_changes_nothing(booking):
    client = console(member_of("Support"))
    assert client.get(LIST).status_code == 200
    client.post(f"{LIST}{booking.pk}/change/", {"status": "completed"})
    booking.refresh_from_db()
    assert booking.status == "pending_payment"
