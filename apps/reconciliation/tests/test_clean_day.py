"""A day on which everything went as it should: both sides agree to the cent, movement by movement."""

import pytest

from apps.ledger import selectors as books
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView
from apps.reconciliation import services
from apps.reconciliation.models import Break, GatewayEntry
from apps.reconciliation.tests.conftest import CLEARING, payout, refund, sale, usd

pytestmark = pytest.mark.django_db


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


def test_a_day_without_movements_is_clean(shop: Sandbox) -> None:
    report = services.reconcile()

    assert (report.status, report.breaks_open, report.totals) == ("finished", 0, ())
