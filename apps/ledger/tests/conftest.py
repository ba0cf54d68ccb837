"""A small company's books, and the two ways into them that are not the ledger's services."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import transaction

from apps.common.money import Money
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, JournalView, credit, debit

USD = "USD"
CLEARING = AccountRef("stripe_clearing")
ESCROW = AccountRef("escrow", "booking-1")
FEE = AccountRef("owner_fee_deferred", "booking-1")


def usd(minor: int) -> Money:
    """Return cents."""
    return Money(minor, USD)


def capture(key: str = "capture-1", stay: int = 10_000, fee: int = 1_000) -> JournalView:
    """Post a deposit: the stay's price and the owner's fee."""
    with transaction.atomic():
        return ledger.post(
            kind="escrow.capture",
            key=key,
            legs=[debit(CLEARING, usd(stay + fee)), credit(ESCROW, usd(stay)), credit(FEE, usd(fee))],
        )


@pytest.fixture(params=["application", "owner"])
def intruder(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[psycopg.Connection]:
    """Raw SQL on committed books: as the application's role, and as a careless developer who owns the tables."""
    capture()
    url = os.environ["DATABASE_URL" if request.param == "application" else "DATABASE_OWNER_URL"]
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()
