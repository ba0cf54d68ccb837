"""A decline, and an answer that never comes: the nights are free and no charge survives."""

from apps.bookings import services
from apps.bookings.tests.answers import error, key
from apps.common.clock import advance_business_clock
from apps.escrow import selectors as escrow_q
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments
from apps.payments.models import Operation
from apps.sitters.models import SitterNight


def decline(api, booking):
    return api(booking.sitter.user).post(f"/api/v1/bookings/{booking.public_id}/decline", headers=key())


def refunded(sandbox):
    return sum(refund["amount"] for refund in sandbox.objects("refund"))


def test_a_decline_gives_everything_back(api, paid, stripe_sandbox):
    answer = decline(api, paid)
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["escrow_status"]) == ("declined", "refunded")
    assert refunded(stripe_sandbox) == paid.total_minor
    assert set(SitterNight.objects.values_list("booked", flat=True)) == {0}
    assert not ledger.balance(AccountRef("escrow", str(paid.public_id)), "USD")
    assert ledger.check().ok


def test_a_second_decline_refunds_nothing_more(api, paid, stripe_sandbox):
    decline(api, paid)
    assert decline(api, paid).json()["status"] == "declined"
    assert refunded(stripe_sandbox) == paid.total_minor


def test_with_the_gateway_down_the_refund_follows_later(api, paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    assert decline(api, paid).json()["escrow_status"] == "refunding"
    stripe_sandbox.repair()
    Operation.objects.update(next_attempt_at=paid.created_at)
    payments.resume_stale()
    paid.refresh_from_db()
    assert (paid.status, paid.escrow_status) == ("declined", "refunded")
    assert refunded(stripe_sandbox) == paid.total_minor


def test_an_accepted_booking_cannot_be_declined(api, accepted, stripe_sandbox):
    assert error(decline(api, accepted)) == (409, "booking_moved")
    assert refunded(stripe_sandbox) == 0


def test_an_unanswered_request_expires_and_is_refunded(paid, stripe_sandbox):
    assert services.expire_overdue() == 0
    advance_business_clock(24 * 3600)
    assert services.expire_overdue() == 1
    paid.refresh_from_db()
    assert (paid.status, paid.escrow_status) == ("expired", "refunded")
    assert refunded(stripe_sandbox) == paid.total_minor
    assert services.expire_overdue() == 0


def test_the_owner_reads_where_the_refund_is(api, paid, stripe_sandbox):
    decline(api, paid)
    body = api(paid.owner).get(f"/api/v1/bookings/{paid.public_id}/money").json()
    assert [(place["place"], place["amount_minor"]) for place in body["places"]] == [
        ("refunded_to_owner", paid.total_minor)
    ]
    assert escrow_q.refunds_of(str(paid.public_id))[0].status == "paid"
