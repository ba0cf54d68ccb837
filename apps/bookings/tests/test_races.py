"""Two people, or one person twice, at the same moment."""

from typing import Any

import pytest

from apps.bookings import services
from apps.bookings.models import Booking
from apps.bookings.tests.answers import key
from apps.bookings.tests.factories import VISA, make_pet, make_quote
from apps.common.clock import advance_business_clock
from apps.ledger import selectors as ledger
from apps.sitters.models import SitterNight
from petwash.testing.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def act(service: Any, booking: Booking, **extra: Any) -> Any:
    """Return an attempt by the sitter that answers with the booking's new status."""
    actor, key = booking.sitter.user, str(booking.public_id)
    return lambda: service(actor=actor, booking_id=key, **extra).status


def pay(booking: Booking) -> Any:
    def attempt() -> str:
        return services.deposit(actor=booking.owner, booking_id=str(booking.public_id), payment_method=VISA)[0].status

    return attempt


def booked() -> set[int]:
    return set(SitterNight.objects.values_list("booked", flat=True))


def test_accept_and_decline_at_once_have_one_winner(paid, stripe_sandbox):
    outcome = race(act(services.accept, paid), act(services.decline, paid))
    paid.refresh_from_db()
    if paid.status == "confirmed":
        assert outcome == ["confirmed", "booking_moved"]
        assert (paid.escrow_status, stripe_sandbox.objects("refund"), booked()) == ("held", [], {1})
    else:
        assert outcome == ["booking_moved", "declined"]
        assert (paid.status, paid.escrow_status, booked()) == ("declined", "refunded", {0})
        assert [refund["amount"] for refund in stripe_sandbox.objects("refund")] == [paid.total_minor]
    assert ledger.check().ok


def test_four_declines_refund_once(paid, stripe_sandbox):
    assert race(*[act(services.decline, paid)] * 4) == ["declined"] * 4
    assert len(stripe_sandbox.objects("refund")) == 1


def test_four_bookings_of_one_quote_are_one(owner, sitter):
    quote = str(make_quote(owner, sitter).public_id)
    pet = make_pet(owner)
    outcome = race(*[lambda: services.create_booking(actor=owner, quote_id=quote, pet_ids=[pet]).status] * 4)
    assert sorted(outcome) == ["pending_payment"] + ["quote_already_used"] * 3
    assert booked() == {1}


def test_a_deposit_and_the_expiry_at_once_leave_no_money_without_a_stay(booking, stripe_sandbox, monkeypatch):
    """The window ends between the two: the deposit reads the clock before it, the expiry after it."""
    before = booking.hold_expires_at
    monkeypatch.setattr(services.payment, "_refuse_unpayable", lambda booking_id: None)
    advance_business_clock(15 * 60)
    race(pay(booking), services.expire_overdue)
    services.expire_overdue()
    booking.refresh_from_db()
    assert booking.hold_expires_at == before
    charged = sum(charge["amount"] for charge in stripe_sandbox.objects("charge") if charge["paid"])
    if booking.status == "requested":
        assert (charged, booking.escrow_status, booked()) == (booking.total_minor, "held", {1})
    else:
        assert (booking.status, charged, booking.escrow_status, booked()) == ("expired", 0, "void", {0})


@pytest.mark.parametrize("same_key", [True, False])
def test_two_deposits_at_once_charge_once(api, booking, stripe_sandbox, same_key):
    keys = ["a-key-of-mine", "a-key-of-mine" if same_key else "another-key"]

    def post(text: str) -> Any:
        body = {"booking_id": str(booking.public_id), "payment_method": VISA}
        return lambda: api(booking.owner).post("/api/v1/booking/deposit", body, headers=key(text)).status_code

    statuses = race(*[post(text) for text in keys])
    assert 201 in statuses
    assert set(statuses) <= {201, 202, 409}  # the other finds it under way, or paid
    assert len(stripe_sandbox.objects("charge")) == 1
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("requested", "held")


def test_the_sitter_starts_once(accepted):
    attempt = act(services.start_stay, accepted, pin=accepted.start_pin)
    assert race(attempt, attempt) == ["in_progress", "in_progress"]
    assert accepted.transitions.filter(new_status="in_progress").count() == 1


def test_wrong_pins_at_once_are_all_counted(accepted):
    wrong = f"{(int(accepted.start_pin) + 1) % 1_000_000:06d}"
    outcome = race(*[act(services.start_stay, accepted, pin=wrong)] * 8)
    assert sorted(outcome) == ["pin_locked"] * 3 + ["wrong_pin"] * 5


def test_accepting_and_cancelling_at_once_have_one_order(paid, stripe_sandbox):
    token = services.quote_refund(actor=paid.owner, booking_id=str(paid.public_id)).token

    def cancel() -> str:
        return services.cancel(actor=paid.owner, booking_id=str(paid.public_id), refund_quote=token).status

    outcome = race(act(services.accept, paid), cancel)
    paid.refresh_from_db()
    if paid.status == "cancelled":
        assert outcome == ["booking_moved", "cancelled"]
        assert (paid.escrow_status, booked()) == ("refunded", {0})
    else:  # accepted first: the quote was for a request without a cost
        assert outcome == ["confirmed", "quote_outdated"]
        assert (paid.status, paid.escrow_status, booked()) == ("confirmed", "held", {1})
        assert stripe_sandbox.objects("refund") == []
