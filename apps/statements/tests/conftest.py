"""Stays that were paid out, made by the services that make them for people."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apps.bookings import services as bookings
from apps.bookings.models import Booking
from apps.bookings.tests.factories import VISA, make_booking, make_sitter
from apps.common.clock import advance_business_clock, business_now
from apps.escrow import services as escrow
from apps.payments import services as payments
from apps.payments.tests.fixtures import Sandbox
from apps.sitters.models import SitterProfile

PayOut = Callable[[], Booking]


@pytest.fixture
def sitter(sitter_user: Any, stripe_sandbox: Sandbox) -> SitterProfile:
    """A sitter in Auckland, 40.00 a night, with a payout account."""
    payments.open_payee_account(sitter_user)
    return make_sitter(sitter_user, timezone="Pacific/Auckland")


@pytest.fixture
def pay_out(owner: Any, sitter: SitterProfile) -> PayOut:
    """Play a stay of two nights to its payout; the business clock goes on by the time that it takes."""

    def play() -> Booking:
        booking = make_booking(owner, sitter, start=1)
        key = str(booking.public_id)
        bookings.deposit(actor=owner, booking_id=key, payment_method=VISA)
        bookings.accept(actor=sitter.user, booking_id=key)
        booking.refresh_from_db()
        until(booking.scheduled_start_at + timedelta(minutes=1))
        bookings.start_stay(actor=sitter.user, booking_id=key, pin=booking.start_pin)
        until(booking.scheduled_end_at + timedelta(minutes=1))
        bookings.complete_stay(actor=sitter.user, booking_id=key)
        until(business_now() + timedelta(hours=25))
        escrow.release_due_payouts()
        booking.refresh_from_db()
        assert booking.escrow_status == "released"
        return booking

    return play


def until(instant: Any) -> None:
    """Move the business clock on to an instant."""
    seconds = (instant - business_now()).total_seconds()
    if seconds > 0:
        advance_business_clock(int(seconds) + 1)
