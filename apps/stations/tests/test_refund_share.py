"""Unused seconds go back, and the remainder of a cent is the customer's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import Money
from apps.stations.refund_share import unused_share


@pytest.mark.parametrize(("used", "refund"), [(0, 900), (100, 600), (1, 897), (299, 3), (300, 0), (400, 0), (-5, 900)])
def test_pro_rata(used: int, refund: int) -> None:
    assert unused_share(Money(900, "USD"), used, 300) == Money(refund, "USD")


@given(price=st.integers(1, 10**6), total=st.integers(1, 86_400), used=st.integers(-10, 90_000))
def test_the_refund_is_never_negative_nor_above_the_price(price: int, total: int, used: int) -> None:
    refund = unused_share(Money(price, "USD"), used, total)
    assert 0 <= refund.amount_minor <= price
    assert (refund.amount_minor == 0) == (used >= total)
