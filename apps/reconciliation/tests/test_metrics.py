"""Open breaks and the age of the comparison are figures for monitoring."""

import pytest

from apps.common import metrics
from apps.payments.tests.fixtures import Sandbox
from apps.reconciliation import services
from apps.reconciliation.tests.conftest import book

pytestmark = pytest.mark.django_db


def test_open_breaks_are_counted_by_class(shop: Sandbox) -> None:
    before = metrics.exposition().splitlines()
    assert not [line for line in before if line.startswith("petwash_reconciliation_age_seconds ")], "never compared"
    book(shop, "stripe_fee", -100)
    book(shop, "stripe_fee", -200)
    services.reconcile()

    shown = metrics.exposition().splitlines()

    assert 'petwash_reconciliation_breaks_open{class="unposted_entry"} 2' in shown
    assert 'petwash_reconciliation_breaks_open{class="duplicate_effect"} 0' in shown
    assert [line for line in shown if line.startswith("petwash_reconciliation_age_seconds ")]
