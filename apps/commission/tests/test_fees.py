"""Nothing is lost when a price is divided, in any currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.commission.fees import settle, split_sale, stay_fees
from apps.commission.types import FeeRates
from apps.common.money import Money

currencies = st.sampled_from(["USD", "JPY", "ISK", "KWD"])
percents = st.decimals(0, 100, places=2)


@st.composite
def amounts(draw: st.DrawFn, low: int = -(10**9)) -> Money:
    currency = draw(currencies)
    return Money(draw(st.integers(low, 10**9)) * Money.zero(currency).step_minor, currency)


@pytest.mark.parametrize(
    ("subtotal", "owner", "sitter"),
    [
        (Money(10_000, "USD"), 1_000, 1_500),
        (Money(90_000, "USD"), 5_000, 13_500),
        (Money(12_345, "JPY"), 1_234, 1_852),
        (Money(12_345, "ISK"), 1_234, 1_852),
        (Money(45_670, "KWD"), 4_570, 6_850),
    ],
)
def test_the_standard_plan(subtotal: Money, owner: int, sitter: int) -> None:
    fees = stay_fees(subtotal, FeeRates(Decimal(10), Money(5_000, subtotal.currency), Decimal(15)))
    assert (fees.owner_fee.amount_minor, fees.sitter_fee.amount_minor) == (owner, sitter)


@given(amounts(), percents)
def test_a_sale_and_its_refund_cancel_out(sale: Money, share: Decimal) -> None:
    sold, back = split_sale(sale, share), split_sale(-sale, share)
    assert sold.vendor + sold.platform == sale
    assert (sold.vendor + back.vendor, sold.platform + back.platform) == (Money.zero(sale.currency),) * 2


@given(st.lists(st.integers(-50_000, 50_000), max_size=40), st.integers(0, 20_000))
def test_no_cent_of_a_vendor_is_lost_over_many_periods(earnings: list[int], minimum: int) -> None:
    carried, paid = Money.zero("USD"), Money.zero("USD")
    for earned in earnings:
        end = settle(Money(earned, "USD"), carried, Money(minimum, "USD"))
        assert end.payout.amount_minor == 0 or end.payout.amount_minor >= minimum
        carried, paid = end.carried, paid + end.payout
    assert (paid + carried).amount_minor == sum(earnings)
    assert carried.amount_minor <= max(minimum, 0)


@pytest.mark.parametrize(
    ("earned", "carried", "payout", "left"),
    [(4_999, 0, 0, 4_999), (5_000, 0, 5_000, 0), (1, 4_999, 5_000, 0), (3_000, -4_000, 0, -1_000), (0, 0, 0, 0)],
)
def test_the_minimum(earned: int, carried: int, payout: int, left: int) -> None:
    end = settle(Money(earned, "USD"), Money(carried, "USD"), Money(5_000, "USD"))
    assert (end.payout.amount_minor, end.carried.amount_minor) == (payout, left)
