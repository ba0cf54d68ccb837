"""Dividing a hold's money, and the 24 hours."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import Money
from apps.escrow.amounts import Parts, release_due, split_release

DAY = timedelta(hours=24)


@given(
    st.integers(0, 10**12), st.integers(0, 10**9), st.decimals(0, 100, places=2), st.sampled_from(["USD", "JPY", "KWD"])
)
def test_a_release_loses_no_minor_unit(stay: int, fee: int, pct: Decimal, currency: str) -> None:
    split = split_release(Parts.of(stay, fee, currency), pct)
    assert split.stay == Money(stay, currency)
    assert split.owner_fee == Money(fee, currency)
    assert min(split.payout, split.sitter_fee) >= Money.zero(currency)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 6, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("completed", "end", "due"),
    [(at(1, 9), at(3, 12), at(4, 12)), (at(3, 20), at(3, 12), at(4, 20)), (at(3, 12), at(3, 12), at(4, 12))],
)
def test_the_later_of_completion_and_scheduled_end_counts(completed: datetime, end: datetime, due: datetime) -> None:
    assert release_due(completed, end, DAY) == due


def test_a_change_of_the_clocks_moves_nothing() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    end = datetime(2026, 10, 24, 12, tzinfo=berlin)  # that night has 25 hours
    elapsed = release_due(end.astimezone(UTC), end.astimezone(UTC), DAY) - end.astimezone(UTC)
    assert elapsed == DAY
    assert (end.astimezone(UTC) + DAY).astimezone(berlin).hour == 11
