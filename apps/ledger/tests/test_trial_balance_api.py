"""Finance reads the trial balance; nobody else does."""

from typing import Any

import pytest
from django.db import transaction

from apps.common.clock import business_now
from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, credit, debit
from petwash.testing.cast import ApiFactory
from petwash.testing.staff import member_of

URL = "/api/v1/ledger/trial-balance"


@pytest.fixture
def clerk(db: None) -> Any:
    """Somebody of Finance without other powers."""
    return member_of("Finance")


def test_finance_reads_the_sums(api: ApiFactory, clerk: Any) -> None:
    with transaction.atomic():
        ledger.post(
            kind="wash.capture",
            key="trial-1",
            legs=[
                debit(AccountRef("stripe_clearing"), Money(500, "USD")),
                credit(AccountRef("revenue_wash"), Money(500, "USD")),
            ],
            effective_at=business_now(),
        )
    body = api(clerk).get(URL).json()
    assert body["balanced"] is True
    assert body["problems"] == []
    assert (body["journals"], body["entries"]) == (1, 2)
    assert {(row["kind"], row["balance_minor"]) for row in body["rows"]} == {
        ("stripe_clearing", 500),
        ("revenue_wash", 500),
    }


def test_others_do_not(api: ApiFactory, owner: Any, clerk: Any) -> None:
    assert api().get(URL).status_code == 401
    assert api(owner).get(URL).json()["error"]["code"] == "staff_only"
    assert api(clerk, second_factor=False).get(URL).json()["error"]["code"] == "second_factor_required"
    assert api(member_of("Support")).get(URL).json()["error"]["code"] == "forbidden"
