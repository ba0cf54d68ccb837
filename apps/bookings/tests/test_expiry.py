"""Nobody paid: the payment is cancelled first, then the nights are free. Late money is never lost."""

import pytest

from apps.bookings import services
from apps.bookings.models import Booking
from apps.bookings.tests.factories import NEEDS_BANK, VISA, make_booking
from apps.common.clock import advance_business_clock
from apps.escrow.types import DepositView
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.models import Operation
from apps.payments.services import recording
from apps.sitters.models import SitterNight

QUARTER = 15 * 60


def pay(booking: Booking, card: str) -> tuple[Booking, DepositView]:
    return services.deposit(actor=booking.owner, booking_id=str(booking.public_id), payment_method=card)


def booked() -> set[int]:
    return set(SitterNight.objects.values_list("booked", flat=True))


@pytest.fixture
def waiting(booking, stripe_sandbox):
    """A booking whose payment waits for the owner's bank; returns it with the intent's id."""
    _, result = pay(booking, NEEDS_BANK)
    assert result.client_secret
    return booking, result.client_secret.split("_secret_")[0]


def test_an_unpaid_booking_expires_after_fifteen_minutes(booking):
    assert services.expire_overdue() == 0
    advance_business_clock(QUARTER)
    assert services.expire_overdue() == 1
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("expired", "void")
    assert booked() == {0}
    assert services.expire_overdue() == 0


def test_a_payment_that_waits_for_its_bank_is_cancelled_first(waiting, stripe_sandbox):
    booking, _ = waiting
    advance_business_clock(QUARTER)
    assert services.expire_overdue() == 1
    assert stripe_sandbox.objects("payment_intent")[0]["status"] == "canceled"
    booking.refresh_from_db()
    assert booking.status == "expired"


def test_the_nights_stay_taken_while_the_cancellation_is_not_confirmed(waiting, stripe_sandbox):
    booking, _ = waiting
    stripe_sandbox.fault("POST", "/v1/payment_intents/.*/cancel", "drop_request", times=50)
    advance_business_clock(QUARTER)
    assert services.expire_overdue() == 0
    booking.refresh_from_db()
    assert booking.status == "pending_payment"
    assert booked() == {1}
    stripe_sandbox.repair()
    Operation.objects.update(next_attempt_at=booking.created_at)
    payments.resume_stale()
    assert services.expire_overdue() == 1
    assert booked() == {0}


def test_a_payment_that_was_just_confirmed_wins_over_the_expiry(waiting, stripe_sandbox):
    booking, intent = waiting
    stripe_sandbox.authenticate(intent)
    advance_business_clock(QUARTER)
    services.expire_overdue()
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("requested", "held")
    assert booked() == {1}


def late_success(booking: Booking) -> None:
    """Report a success for a payment whose cancellation had been confirmed."""
    from django.db import transaction

    from apps.payments.models import Payment
    from apps.payments.states import PaymentStatus

    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(transfer_group=str(booking.public_id))
        recording.move_payment(payment, PaymentStatus.SUCCEEDED)


def test_money_that_arrives_after_the_expiry_takes_the_nights_again(waiting, stripe_sandbox):
    booking, _ = waiting
    advance_business_clock(QUARTER)
    services.expire_overdue()
    late_success(booking)
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("requested", "held")
    assert booked() == {1}
    assert ledger.check().ok


def test_money_that_arrives_when_the_nights_are_gone_goes_back(waiting, stripe_sandbox, stranger):
    booking, _ = waiting
    advance_business_clock(QUARTER)
    services.expire_overdue()
    make_booking(stranger, booking.sitter, pets=2)  # both places
    late_success(booking)
    booking.refresh_from_db()
    assert (booking.status, booking.escrow_status) == ("expired", "refunding")
    from apps.payments.models import Refund

    assert Refund.objects.get().amount_minor == booking.total_minor


def test_an_expired_booking_cannot_be_paid(booking, stripe_sandbox):
    from apps.common.errors import Conflict

    advance_business_clock(QUARTER)
    services.expire_overdue()
    with pytest.raises(Conflict) as refusal:
        pay(booking, VISA)
    assert refusal.value.code == "payment_window_over"
    assert stripe_sandbox.objects("payment_intent") == []


def test_payments_that_nobody_confirms_do_not_keep_others_waiting(owner, sitter, stripe_sandbox, monkeypatch):
    monkeypatch.setattr("apps.bookings.services.payment.BATCH", 2)
    for start in (10, 20):
        pay(make_booking(owner, sitter, start=start), NEEDS_BANK)
    newest = make_booking(owner, sitter, start=30)
    stripe_sandbox.fault("POST", "/v1/payment_intents/.*/cancel", "drop_request", times=50)
    advance_business_clock(QUARTER)
    assert [services.expire_overdue() for _ in range(3)] == [0, 1, 0]
    newest.refresh_from_db()
    assert newest.status == "expired"
    stripe_sandbox.repair()
    Operation.objects.update(next_attempt_at=newest.created_at)
    payments.resume_stale()
    assert services.expire_overdue() == 2
