"""A day on which everything went as it should: both sides agree to the cent, movement by movement."""

import pytest

from apps.ledger import selectors as books
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView
from apps.reconciliation import services
from apps.reconciliation.models import Break, GatewayEntry
from apps.reconciliation.tests.conftest import CLEARING, dispute, payout, refund, reverse, sale, usd

pytestmark = pytest.mark.django_db
DAYS = 3 * 24 * 3600


def test_sales_fees_refunds_and_payouts_meet(shop: Sandbox, payee: PayeeView) -> None:
    first, second = sale(10_000), sale(4_990, "order-2")
    refund(first, 2_500)
    refund(first, 2_500)
    payout(second, 4_000, payee)

    report = services.reconcile()

    assert (report.status, report.breaks_open, report.in_flight) == ("finished", 0, 0)
    assert report.new_entries == GatewayEntry.objects.count() == 5
    (total,) = report.totals
    fees = (290 + 30) + (145 + 30)
    assert total.ledger == total.gateway == usd(10_000 + 4_990 - 5_000 - 4_000 - fees)
    assert total.unexplained == usd(0)
    assert books.balance(CLEARING, "USD") == total.ledger
    assert not Break.objects.exists()


def test_reversals_and_disputes_meet(shop: Sandbox, payee: PayeeView) -> None:
    first = sale(10_000)
    paid_out = payout(first, 4_000, payee)
    shop.advance_clock(DAYS)  # until then the payee's account holds nothing to take back
    back = reverse(paid_out, 1_500)
    assert (back.status, back.reversed) == ("succeeded", usd(1_500))
    dispute(shop, sale(3_000, "order-2"), "won")
    dispute(shop, sale(5_000, "order-3"), "lost")
    dispute(shop, sale(7_000, "order-4"))
    shop.deliver_webhooks()

    report = services.reconcile()

    assert (report.status, report.breaks_open, report.in_flight) == ("finished", 0, 0)
    (total,) = report.totals
    charges = 10_000 + 3_000 + 5_000 + 7_000 - (320 + 117 + 175 + 233)
    assert total.ledger == total.gateway == usd(charges - 4_000 + 1_500 - 5_000 - 7_000 - 3 * 1_500)
    assert total.unexplained == usd(0)
    assert {row.kind for row in GatewayEntry.objects.all()} == {"charge", "transfer", "reversal", "dispute"}


def test_a_day_without_movements_is_clean(shop: Sandbox) -> None:
    report = services.reconcile()

    assert (report.status, report.breaks_open, report.totals) == ("finished", 0, ())
