"""Price requests for tests: a plain one, changed by what a test is about."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.bookings.types import Demand, PriceRequest, Service
from apps.commission.types import FeeRates
from apps.common.money import Money

MONDAY = date(2026, 3, 2)  # no holiday and no weekend until Friday the 6th
STANDARD = FeeRates(Decimal(10), Money(5000, "USD"), Decimal(15))


def nights(count: int, start: date = MONDAY) -> tuple[date, ...]:
    """Return that many nights in a row."""
    return tuple(start + timedelta(days=index) for index in range(count))


def request(**changed: Any) -> PriceRequest:
    """Return three plain nights of boarding at 50.00, a week ahead, nothing special about them."""
    fields: dict[str, Any] = {
        "service": Service.BOARDING,
        "nights": nights(3),
        "today": MONDAY - timedelta(days=7),
        "pets": 1,
        "nightly": Money(5000, "USD"),
        "extra_pet": Money(2000, "USD"),
        "demand": Demand(booked=0, capacity=0),
        "holidays": {},
        "fees": STANDARD,
    }
    return PriceRequest(**(fields | changed))
