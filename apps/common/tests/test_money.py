"""Money never loses a minor unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import CurrencyMismatch, Money, money_from_decimal

amounts = st.integers(min_value=-(10**12), max_value=10**12)
weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=12).filter(any)


@given(amounts, weights)
def test_allocation_adds_up_to_the_whole(amount, shares):
    parts = Money(amount, "USD").allocate(shares)
    assert sum(part.amount_minor for part in parts) == amount


@given(amounts, weights)
def test_no_part_is_a_unit_away_from_its_exact_share(amount, shares):
    total = sum(shares)
    for part, share in zip(Money(amount, "USD").allocate(shares), shares, strict=True):
        assert abs(part.amount_minor * total - amount * share) < total


def test_a_dollar_split_three_ways_loses_no_cent():
    assert [part.amount_minor for part in Money(100, "USD").allocate([1, 1, 1])] == [34, 33, 33]


@pytest.mark.parametrize(
    ("amount", "pct", "expected"),
    [(1005, 10, 100), (1015, 10, 102), (1050, 15, 158), (1, 50, 0), (3, 50, 2), (-1005, 10, -100)],
)
def test_percentages_round_half_to_even(amount, pct, expected):
    assert Money(amount, "USD").percent(pct).amount_minor == expected


@pytest.mark.parametrize(
    ("amount", "currency", "pct", "expected"),
    [
        (1234, "JPY", 10, 123),
        (1235, "ISK", 10, 124),
        (5120, "KWD", 15, 770),
        (5250, "KWD", 10, 520),
        (10, "KWD", 50, 0),
    ],
)
def test_percentages_are_whole_steps_of_the_currency(amount, currency, pct, expected):
    assert Money(amount, currency).percent(pct).amount_minor == expected


@given(st.integers(min_value=-(10**9), max_value=10**9), weights, st.sampled_from(["KWD", "ISK", "JPY", "USD"]))
def test_what_can_be_charged_is_split_into_what_can_be_charged(steps, shares, currency):
    whole = Money(steps, currency).times(Money.zero(currency).step_minor)
    parts = whole.allocate(shares)
    assert sum(part.amount_minor for part in parts) == whole.amount_minor
    assert all(part.amount_minor % part.step_minor == 0 for part in parts)


def test_an_odd_amount_is_split_without_a_loss():
    assert [part.amount_minor for part in Money(1001, "KWD").allocate([1, 1])] == [501, 500]


def test_a_percentage_with_a_fraction():
    assert Money(10_000, "USD").percent(Decimal("12.5")).amount_minor == 1250


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(123456, "USD"), "1,234.56 USD"),
        (Money(500, "JPY"), "500 JPY"),
        (Money(1500, "KWD"), "1.500 KWD"),
        (Money(1500, "ISK"), "1,500 ISK"),
        (Money(-5, "EUR"), "-0.05 EUR"),
    ],
)
def test_shown_with_the_digits_of_its_currency(money, text):
    assert str(money) == text


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(["USD", "JPY", "KWD"]))
def test_reading_what_was_shown_gives_it_back(amount, currency):
    money = Money(amount, currency)
    assert money_from_decimal(str(money).split()[0].replace(",", ""), currency) == money


def test_currencies_never_mix():
    with pytest.raises(CurrencyMismatch, match="USD and EUR"):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "USD") < Money(1, "EUR")


@pytest.mark.parametrize("amount", [1.0, True, "1", None])
def test_only_whole_numbers_are_money(amount):
    with pytest.raises(TypeError, match="never a float"):
        Money(amount, "USD")


@pytest.mark.parametrize("currency", ["usd", "US", "", "U$D!"])
def test_only_iso_codes_are_currencies(currency):
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, currency)


@pytest.mark.parametrize("shares", [[], [0, 0], [1, -1]])
def test_impossible_weights_are_refused(shares):
    with pytest.raises(ValueError, match="Weights"):
        Money(100, "USD").allocate(shares)
