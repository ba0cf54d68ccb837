"""A stay from deposit through a partial refund to the payout: its real journals meet the gateway's balance."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.tests.factories import UserFactory
from apps.bookings.tests.factories import make_booking, make_sitter
from apps.escrow.tests.holds import Story, a_day_passes
from apps.payments import services as payments
from apps.payments.stripe_sandbox.context import Rules
from apps.reconciliation import services as reconciliation

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox_rules() -> Rules:
    """A gateway that charges fees."""
    return Rules(fee_pct=Decimal("2.9"), fee_fixed=30)


def test_a_stay_that_was_paid_refunded_in_part_and_paid_out_leaves_no_break(stripe_sandbox: Any, settings: Any) -> None:
    settings.RECONCILIATION_GRACE = timedelta(0)
    owner, sitter = UserFactory.create(), UserFactory.create(role="sitter")
    payments.open_payee_account(sitter)
    booking = make_booking(owner, make_sitter(sitter))
    story = Story(str(booking.public_id), owner, sitter)
    story.pay()
    story.refund(stay=2_000, fee=100)
    story.complete()
    a_day_passes()
    assert story.release().status == "paid"

    report = reconciliation.reconcile()

    assert (report.status, report.new_entries, report.in_flight, report.breaks_open) == ("finished", 3, 0, 0)
    (total,) = report.totals
    assert total.ledger == total.gateway
    assert total.ledger.amount_minor > 0
    assert not total.unexplained
