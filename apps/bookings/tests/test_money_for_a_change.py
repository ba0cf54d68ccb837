"""Money for a change of a booking: kept while the stay is on, gone back in full when it is over or off."""

import pytest

from apps.bookings import services
from apps.bookings.models import Booking
from apps.bookings.tests.factories import NEEDS_BANK, VISA
from apps.bookings.tests.test_payout import pass_the_hold
from apps.common.clock import advance_business_clock
from apps.common.money import Money
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import succeed_late
from apps.ledger import selectors as ledger
from apps.payments.models import Refund
from apps.sitters.models import SitterNight


def add(booking: Booking, card: str = VISA) -> str:
    """Pay 20.00 and 2.00 more for a change; return the payment."""
    return StayPetEscrow.add_funding(
        booking_id=str(booking.public_id),
        change_id="another-pet",
        stay=Money(2_000, booking.currency),
        owner_fee=Money(200, booking.currency),
        payment_method=card,
        actor=booking.owner,
    ).payment_id


def given_up(booking: Booking) -> str:
    """An attempt that was cancelled while it waited for the owner's bank; returns its payment."""
    payment = add(booking, NEEDS_BANK)
    escrow.cancel_attempts(str(booking.public_id))
    return payment


def cancel(booking: Booking) -> None:
    quote = services.quote_refund(actor=booking.owner, booking_id=str(booking.public_id))
    services.cancel(actor=booking.owner, booking_id=str(booking.public_id), refund_quote=quote.token)


def held(booking: Booking) -> int:
    hold = escrow_q.hold_of(str(booking.public_id))
    return (hold.stay_left + hold.owner_fee_left).amount_minor


@pytest.mark.parametrize("stage", ["paid", "accepted", "started"])
def test_late_money_serves_a_stay_that_is_on(request, stage, stripe_sandbox):
    booking = request.getfixturevalue(stage)
    status, nights = booking.status, set(SitterNight.objects.values_list("booked", flat=True))
    succeed_late(given_up(booking))
    booking.refresh_from_db()
    assert (booking.status, held(booking)) == (status, booking.total_minor + 2_200)
    assert set(SitterNight.objects.values_list("booked", flat=True)) == nights
    assert not Refund.objects.exists()


def test_late_money_for_a_booking_that_was_called_off_goes_back(paid, stripe_sandbox):
    payment = given_up(paid)
    cancel(paid)
    succeed_late(payment)
    paid.refresh_from_db()
    assert (paid.status, paid.escrow_status, held(paid)) == ("cancelled", "refunded", 0)
    assert Refund.objects.get(purpose="escrow_surplus").amount_minor == 2_200
    assert ledger.check().ok


def test_late_money_for_a_request_that_expired_goes_back(paid, stripe_sandbox):
    payment = given_up(paid)
    advance_business_clock(24 * 3600 + 1)
    services.expire_overdue()
    succeed_late(payment)
    paid.refresh_from_db()
    assert (paid.status, paid.escrow_status) == ("expired", "refunded")
    assert Refund.objects.get(purpose="escrow_surplus").amount_minor == 2_200


@pytest.mark.parametrize("paid_out", [False, True])
def test_late_money_for_a_stay_that_is_over_goes_back(started, payee, stripe_sandbox, paid_out):
    """The clock runs, or the sitter has been paid: the difference was never part of it."""
    payment = given_up(started)
    services.complete_stay(actor=started.sitter.user, booking_id=str(started.public_id))
    started.refresh_from_db()
    if paid_out:
        pass_the_hold(started)
        escrow.release_due_payouts()
    before = held(started)
    succeed_late(payment)
    started.refresh_from_db()
    assert started.escrow_status == ("released" if paid_out else "release_due")
    assert (held(started), Refund.objects.get().amount_minor) == (before, 2_200)


def test_a_cancellation_gives_back_what_changes_cost_too(paid, stripe_sandbox):
    add(paid)
    cancel(paid)
    paid.refresh_from_db()
    assert (paid.status, paid.escrow_status, held(paid)) == ("cancelled", "refunded", 0)
    assert sorted(row["amount"] for row in stripe_sandbox.objects("refund")) == [2_200, paid.total_minor]
    assert ledger.check().ok


def test_a_cancellation_counts_what_staff_gave_back_before(paid, stripe_sandbox):
    StayPetEscrow.refund(
        booking_id=str(paid.public_id),
        stay=Money(1_000, paid.currency),
        owner_fee=Money(0, paid.currency),
        reason="staff_decision",
        actor=None,
    )
    cancel(paid)
    paid.refresh_from_db()
    assert (paid.status, paid.escrow_status, held(paid)) == ("cancelled", "refunded", 0)
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [1_000, paid.total_minor - 1_000]
