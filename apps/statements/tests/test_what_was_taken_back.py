"""A payout that is taken back stands on the statement of the month in which that happened, and on the receipt."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.bookings.models import Booking
from apps.common.clock import business_now
from apps.common.money import Money
from apps.escrow.services import StayPetEscrow
from apps.payments.tests.fixtures import Sandbox
from apps.statements import selectors, services
from apps.statements.models import Statement, StatementLine
from apps.statements.tests.conftest import PayOut, until
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db(transaction=True)


def take_back(booking: Booking) -> None:
    StayPetEscrow.claw_back(
        booking_id=str(booking.public_id),
        stay=Money(booking.subtotal_minor, "USD"),
        owner_fee=Money(booking.owner_fee_minor, "USD"),
        reason="the stay did not take place",
        actor=member_of("Finance"),
    )


def spend(sandbox: Sandbox, minor: int) -> None:
    """The sitter takes money out of the payout account."""
    (account,) = sandbox.objects("account")
    sandbox.advance_clock(10 * 86_400)  # until what was transferred is available
    sandbox.spend(account["id"], amount=minor)


def test_the_whole_payout_comes_back(pay_out: PayOut, stripe_sandbox: Sandbox, sitter_user: User) -> None:
    booking = pay_out()
    stripe_sandbox.advance_clock(10 * 86_400)
    take_back(booking)
    rows = selectors.lines_of(sitter_user, business_now() - timedelta(days=9), business_now() + timedelta(days=1))
    paid, back = rows["USD"]
    assert (back.kind, back.stay, back.fee, back.settled, back.paid) == (
        "claw_back",
        -paid.stay,
        -paid.fee,
        Money.zero("USD"),
        -paid.paid,
    )


def test_a_closed_month_stays_and_the_next_has_the_debt(
    pay_out: PayOut, stripe_sandbox: Sandbox, sitter_user: User
) -> None:
    booking = pay_out()
    until(business_now() + timedelta(days=32))
    services.close_periods()
    before = Statement.objects.values().get()
    earned = booking.subtotal_minor - booking.sitter_fee_minor
    spend(stripe_sandbox, earned)
    take_back(booking)
    until(business_now() + timedelta(days=32))
    services.close_periods()
    assert Statement.objects.values().get(pk=before["id"]) == before
    line = StatementLine.objects.get(kind="claw_back")
    assert (line.gross_minor, line.fees_minor) == (-booking.subtotal_minor, -booking.sitter_fee_minor)
    assert (line.settled_minor, line.paid_minor) == (-earned, 0)


def test_the_next_stay_pays_the_debt(pay_out: PayOut, stripe_sandbox: Sandbox, sitter_user: User) -> None:
    first = pay_out()
    spend(stripe_sandbox, first.subtotal_minor - first.sitter_fee_minor)
    take_back(first)
    pay_out()
    rows = selectors.lines_of(sitter_user, business_now() - timedelta(days=60), business_now() + timedelta(days=1))
    paid, back, kept = rows["USD"]
    assert (back.settled, back.paid) == (-paid.paid, Money.zero("USD"))
    assert kept.settled == min(paid.paid, kept.stay - kept.fee)
    assert kept.paid == kept.stay - kept.fee - kept.settled


def test_the_receipt_shows_what_came_back(api: Any, owner: Any, pay_out: PayOut, stripe_sandbox: Sandbox) -> None:
    booking = pay_out()
    stripe_sandbox.advance_clock(10 * 86_400)
    take_back(booking)
    receipt = api(owner).get(f"/api/v1/bookings/{booking.public_id}/receipt").json()
    assert (receipt["paid_minor"], receipt["refunded_minor"]) == (booking.total_minor, booking.total_minor)
    assert sum(line["amount_minor"] for line in receipt["lines"]) == 0
