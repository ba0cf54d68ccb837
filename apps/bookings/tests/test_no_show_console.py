"""Staff settles no-shows in the console, with a reason."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bookings import services
from apps.bookings.models import NoShowReview
from apps.bookings.tests.factories import VISA, make_booking
from apps.bookings.tests.instants import go_to, review_due
from petwash.testing.staff import console, member_of

LIST = "/admin/bookings/noshowreview/"


@pytest.fixture
def missed(accepted):
    go_to(review_due(accepted))
    services.review_no_shows()
    return accepted


def act(client: Any, action: str, **fields: str) -> str:
    chosen = {ACTION_CHECKBOX_NAME: str(NoShowReview.objects.get().pk)}
    return str(client.post(LIST, {"action": action, **chosen, **fields}, follow=True).content.decode())


@pytest.mark.parametrize("group", ["Operations", "Trust & Safety"])
@pytest.mark.parametrize(
    ("action", "ends"),
    [
        ("owner_absent", ("no_show", "release_due")),
        ("sitter_absent", ("no_show", "refunded")),
        ("took_place", ("in_progress", "held")),
    ],
)
def test_a_decision_asks_why_first(missed, stripe_sandbox, group, action, ends):
    client = console(member_of(group))
    act(client, action)
    missed.refresh_from_db()
    assert (missed.status, missed.escrow_status) == ("confirmed", "held")
    assert "1 done: settle" in act(client, action, reason="Both were called.")
    missed.refresh_from_db()
    assert (missed.status, missed.escrow_status) == ends


def test_a_second_decision_is_told(missed, stripe_sandbox):
    client = console(member_of("Operations"))
    act(client, "took_place", reason="Both were called.")
    assert "This is settled: the stay took place." in act(client, "owner_absent", reason="Another view.")


def test_the_page_shows_what_both_say_and_each_step(missed):
    services.report_no_show(
        actor=missed.owner, booking_id=str(missed.public_id), who="sitter_absent", note="The bell was silent."
    )
    client = console(member_of("Operations"))
    assert "The sitter was not there" in client.get(LIST).content.decode()
    page = client.get(f"{LIST}{NoShowReview.objects.get().pk}/change/").content.decode()
    assert "The bell was silent." in page
    assert "nobody started the stay" in page


def test_the_list_needs_no_more_queries_for_more_rows(missed, owner, sitter):
    client = console(member_of("Operations"))

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        return len(queries)

    services.report_no_show(actor=missed.owner, booking_id=str(missed.public_id), who="sitter_absent")
    count()
    one = count()
    for start in (5, 10):
        booking = make_booking(owner, sitter, start=start)
        services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
        services.accept(actor=sitter.user, booking_id=str(booking.public_id))
        booking.refresh_from_db()
        go_to(review_due(booking))
        services.report_no_show(actor=owner, booking_id=str(booking.public_id), who="sitter_absent")
    assert NoShowReview.objects.count() == 3
    assert count() == one


@pytest.mark.parametrize("state", ["open", "settled"])
def test_the_filter_divides_them(missed, state):
    page = console(member_of("Operations")).get(f"{LIST}?state={state}").content.decode()
    assert (missed.reference in page) == (state == "open")
