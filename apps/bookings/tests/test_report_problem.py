"""POST /bookings/{id}/report-problem: the clock stops until staff has looked."""

from datetime import timedelta

import pytest

from apps.bookings import services
from apps.bookings.models import ProblemReport
from apps.bookings.tests.answers import error
from apps.common.clock import advance_business_clock, business_now
from apps.common.models import OutboxEvent
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow

BODY = {"category": "damage", "description": "The sofa was scratched."}


def report(api, person, booking, body=BODY):
    return api(person).post(f"/api/v1/bookings/{booking.public_id}/report-problem", body)


def pass_the_hold(booking):
    due = booking.scheduled_end_at + timedelta(hours=24)
    advance_business_clock(int((due - business_now()).total_seconds()) + 2)


def test_a_report_stops_the_payout(api, completed, payee, stripe_sandbox):
    answer = report(api, completed.owner, completed)
    assert answer.status_code == 201
    assert answer.json()["category"] == "damage"
    hold = escrow_q.hold_of(str(completed.public_id))
    assert (hold.state, hold.frozen) == ("release_due", True)
    pass_the_hold(completed)
    assert escrow.release_due_payouts() == 0
    assert stripe_sandbox.objects("transfer") == []
    event = OutboxEvent.objects.get(name="bookings.ProblemReported")
    assert "sofa" not in str(event.payload)


def test_during_the_stay_too(api, started):
    assert report(api, started.owner, started).status_code == 201


def test_before_the_stay_there_is_nothing_to_report(api, accepted):
    assert error(report(api, accepted.owner, accepted)) == (409, "booking_moved")


def test_after_a_late_cancellation_whose_money_goes_to_the_sitter(api, accepted, payee, stripe_sandbox):
    """Such as the owner's, at a door that stays closed: the sitter did not come."""
    quote = services.quote_refund(actor=accepted.owner, booking_id=str(accepted.public_id))
    services.cancel(actor=accepted.owner, booking_id=str(accepted.public_id), refund_quote=quote.token)
    assert report(api, accepted.owner, accepted).status_code == 201
    advance_business_clock(24 * 3600 + 1)
    assert escrow.release_due_payouts() == 0


def test_a_cancellation_that_gave_everything_back_leaves_nothing_to_report(api, paid, stripe_sandbox):
    quote = services.quote_refund(actor=paid.owner, booking_id=str(paid.public_id))
    services.cancel(actor=paid.owner, booking_id=str(paid.public_id), refund_quote=quote.token)
    assert error(report(api, paid.owner, paid)) == (409, "hold_elapsed")


def test_after_the_payout_it_is_too_late(api, completed, payee):
    pass_the_hold(completed)
    escrow.release_due_payouts()
    assert error(report(api, completed.owner, completed)) == (409, "hold_elapsed")
    assert not ProblemReport.objects.exists()


def test_the_first_report_stands(api, completed):
    report(api, completed.owner, completed)
    again = report(api, completed.owner, completed, {"category": "other", "description": "More."})
    assert error(again) == (409, "problem_already_reported")
    assert ProblemReport.objects.get().category == "damage"


@pytest.mark.parametrize(
    ("who", "expected"), [("sitter_user", (403, "only_the_owner")), ("stranger", (404, "not_found"))]
)
def test_only_the_owner_reports(api, completed, request, who, expected):
    assert error(report(api, request.getfixturevalue(who), completed)) == expected


@pytest.mark.parametrize("field", ["category", "description"])
def test_a_wrong_field_is_named(api, completed, field):
    answer = report(api, completed.owner, completed, BODY | {field: ""})
    assert list(answer.json()["error"]["details"]) == [field]
