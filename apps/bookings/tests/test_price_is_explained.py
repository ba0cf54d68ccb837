"""The price of a stay names each of its reasons, and the lines add up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from apps.bookings.pricing import PricingOptimizer, step_and_clamp
from apps.bookings.tests.factories_pricing import MONDAY, nights, request
from apps.bookings.types import Demand, Price, Service
from apps.commission.types import FeeRates
from apps.common.money import Money

price = PricingOptimizer().price


def factor(priced: Price, name: str) -> Decimal:
    return next(factor.value for factor in priced.factors if factor.name == name)


def test_plain_nights_cost_the_sitters_rate():
    priced = price(request())
    assert [line.amount.amount_minor for line in priced.lines] == [5000, 5000, 5000]
    assert [line.date for line in priced.lines] == list(nights(3))
    assert priced.lines[0].why == "50.00 USD a night"
    assert priced.multiplier == Decimal("1.00")
    assert [f.name for f in priced.factors] == ["demand", "lead_time", "weekend", "public_holiday"]
    assert {f.value for f in priced.factors} == {Decimal("1.00")}
    assert all(f.why.endswith(".") for f in priced.factors)


def test_more_pets_cost_the_extra_rate_each_night():
    priced = price(request(pets=3))
    assert [line.amount.amount_minor for line in priced.lines] == [9000, 9000, 9000]
    assert priced.lines[0].why == "50.00 USD a night + 40.00 USD for 2 more pets"


def test_a_weekend_makes_only_its_own_nights_dearer():
    priced = price(request(nights=nights(7)))  # Monday to Sunday night
    assert [line.multiplier for line in priced.lines] == [
        *[Decimal("1.00")] * 4, Decimal("1.10"), Decimal("1.10"), Decimal("1.00"),
    ]  # fmt: skip
    assert priced.lines[4].why == "50.00 USD a night, x 1.10 (weekend 1.10)"
    assert priced.multiplier == Decimal("1.05")  # the mean 1.0286 on its step


def test_a_day_care_weekend_is_saturday_and_sunday():
    priced = price(request(service=Service.DAY_CARE, nights=nights(7)))
    assert [line.date.weekday() for line in priced.lines if line.multiplier != 1] == [5, 6]
    assert priced.lines[0].why == "50.00 USD a day"


def test_a_public_holiday_makes_only_its_own_night_dearer():
    holiday = MONDAY + timedelta(days=1)
    priced = price(request(holidays={holiday: "Town Day"}))
    assert [line.amount.amount_minor for line in priced.lines] == [5000, 6250, 5000]
    assert factor(priced, "public_holiday") == Decimal("1.25")
    assert "Town Day (2026-03-03)" in priced.factors[3].why


@pytest.mark.parametrize(
    ("booked", "capacity", "value"),
    [
        (19, 19, "1.00"),  # too few places to judge by
        (0, 20, "0.95"),
        (3, 20, "1.00"),
        (10, 20, "1.10"),
        (15, 20, "1.25"),
        (18, 20, "1.40"),
        (25, 20, "1.40"),
    ],
)
def test_demand_follows_the_share_of_places_taken(booked: int, capacity: int, value: str) -> None:
    priced = price(request(demand=Demand(booked, capacity)))
    assert factor(priced, "demand") == Decimal(value)
    assert priced.multiplier == Decimal(value)


@pytest.mark.parametrize(
    ("days", "value"),
    [(0, "1.10"), (1, "1.05"), (2, "1.05"), (3, "1.00"), (29, "1.00"), (30, "0.95"), (60, "0.90")],
)
def test_lead_time_rewards_the_early(days: int, value: str) -> None:
    priced = price(request(today=MONDAY - timedelta(days=days)))
    assert factor(priced, "lead_time") == Decimal(value)


def test_one_night_with_every_factor_shows_their_product():
    friday = date(2026, 7, 3)
    everything = request(nights=(friday,), today=friday, holidays={friday: "A Day"}, demand=Demand(20, 20))
    priced = price(everything)
    assert priced.multiplier == Decimal("2.00")  # 1.40 x 1.10 x 1.10 x 1.25 = 2.1175, kept at 2.00
    assert priced.subtotal == Money(10000, "USD")


@pytest.mark.parametrize(
    ("product", "expected"),
    [("0.10", "0.80"), ("0.83", "0.85"), ("1.375", "1.40"), ("1.025", "1.00"), ("9", "2.00")],
)
def test_a_product_is_rounded_to_its_step_and_kept_in_bounds(product: str, expected: str) -> None:
    assert step_and_clamp(Decimal(product)) == Decimal(expected)


def test_the_owners_fee_is_a_tenth_and_stops_at_fifty():
    short = price(request())
    assert (short.owner_fee.amount_minor, short.total.amount_minor) == (1500, 16500)
    long = price(request(nights=tuple(n for n in nights(40) if n.weekday() < 4)))
    assert long.subtotal > Money(50000, "USD")
    assert long.owner_fee == Money(5000, "USD")


def test_the_sitters_fee_follows_the_plan():
    assert price(request()).sitter_fee == Money(2250, "USD")
    premium = FeeRates(Decimal(10), None, Decimal(10))
    priced = price(request(fees=premium))
    assert priced.sitter_fee == Money(1500, "USD")
    assert priced.sitter_earnings == Money(13500, "USD")


def test_yen_have_no_cents():
    yen = {
        "nightly": Money(4999, "JPY"),
        "extra_pet": Money(0, "JPY"),
        "fees": FeeRates(Decimal(10), None, Decimal(15)),
    }
    friday = MONDAY + timedelta(days=4)
    priced = price(request(nights=(friday,), **yen))
    assert priced.subtotal == Money(5499, "JPY")  # 4999 x 1.10 = 5498.9
    assert priced.owner_fee == Money(550, "JPY")
    assert priced.lines[0].why.startswith("4,999 JPY a night")


@pytest.mark.parametrize("wrong", [{"nights": ()}, {"pets": 0}, {"today": MONDAY + timedelta(days=1)}])
def test_nonsense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        price(request(**wrong))
