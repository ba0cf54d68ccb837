"""Dividing a hold's money, and the 24 hours."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import Money
from apps.escrow.amounts import Earned, Parts, release_due, share_refund, share_release, split_release

DAY = timedelta(hours=24)


@given(
    st.integers(0, 10**12), st.integers(0, 10**9), st.decimals(0, 100, places=2), st.sampled_from(["USD", "JPY", "KWD"])
)
def test_a_release_loses_no_minor_unit(stay: int, fee: int, pct: Decimal, currency: str) -> None:
    split = split_release(Parts.of(stay, fee, currency), pct)
    assert split.stay == Money(stay, currency)
    assert split.owner_fee == Money(fee, currency)
    assert min(split.payout, split.sitter_fee) >= Money.zero(currency)


CURRENCIES = st.sampled_from(["USD", "JPY", "ISK", "KWD"])
PERCENTS = st.decimals(0, 100, places=2)


@st.composite
def fundings(draw: st.DrawFn) -> tuple[str, list[Parts]]:
    """Draw what up to six fundings have left, in amounts that a card can be charged."""
    currency = draw(CURRENCIES)
    step = Money.zero(currency).step_minor
    pairs = draw(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**5)), min_size=1, max_size=6))
    return currency, [Parts.of(stay * step, fee * step, currency) for stay, fee in pairs]


def total(parts: list[Parts], currency: str) -> Parts:
    return sum(parts, Parts.of(0, 0, currency))


@given(fundings(), PERCENTS, st.integers(0, 10**8))
def test_a_release_is_shared_without_a_lost_unit(drawn: tuple[str, list[Parts]], pct: Decimal, owed_steps: int) -> None:
    currency, left = drawn
    whole = split_release(total(left, currency), pct)
    owed = Money(owed_steps * whole.stay.step_minor, currency)
    shares = share_release(whole, left, owed)
    for share, part in zip(shares, left, strict=True):
        assert (share.stay, share.owner_fee) == (part.stay, part.owner_fee)
        assert min(share.payout, share.sitter_fee, share.offset) >= Money.zero(currency)
        assert share.payout.amount_minor % share.payout.step_minor == 0
    assert sum(share.sitter_fee.amount_minor for share in shares) == whole.sitter_fee.amount_minor
    kept = sum(share.offset.amount_minor for share in shares)
    assert kept == min(owed.amount_minor, whole.payout.amount_minor)


@given(fundings(), PERCENTS)
def test_no_share_of_the_fee_is_a_step_from_the_exact_one(drawn: tuple[str, list[Parts]], pct: Decimal) -> None:
    currency, left = drawn
    whole = split_release(total(left, currency), pct)
    for share, part in zip(share_release(whole, left, Money.zero(currency)), left, strict=True):
        if whole.stay:
            exact = Fraction(whole.sitter_fee.amount_minor * part.stay.amount_minor, whole.stay.amount_minor)
            assert abs(share.sitter_fee.amount_minor - exact) < part.stay.step_minor


@given(fundings(), PERCENTS, st.data())
def test_the_fee_of_two_releases_is_the_fee_of_one(
    drawn: tuple[str, list[Parts]], pct: Decimal, data: st.DataObject
) -> None:
    """Whichever transfers of the first one were refused."""
    currency, left = drawn
    whole = split_release(total(left, currency), pct)
    shares = share_release(whole, left, Money.zero(currency))
    paid = [data.draw(st.booleans()) for _ in left]
    first = Earned(
        sum((share.stay for share, kept in zip(shares, paid, strict=True) if kept), Money.zero(currency)),
        sum((share.sitter_fee for share, kept in zip(shares, paid, strict=True) if kept), Money.zero(currency)),
    )
    again = total([part for part, kept in zip(left, paid, strict=True) if not kept], currency)
    assert first.sitter_fee + split_release(again, pct, first).sitter_fee == whole.sitter_fee


@given(fundings(), st.data())
def test_a_refund_is_shared_newest_first_without_a_lost_unit(
    drawn: tuple[str, list[Parts]], data: st.DataObject
) -> None:
    currency, left = drawn
    all_left = total(left, currency)
    stay = data.draw(st.integers(0, all_left.stay.amount_minor))
    fee = data.draw(st.integers(0, all_left.owner_fee.amount_minor))
    wanted = Parts.of(stay, fee, currency)
    shares = share_refund(wanted, left)
    assert total(shares, currency) == wanted
    for index, (share, part) in enumerate(zip(shares, left, strict=True)):
        assert Money.zero(currency) <= share.stay <= part.stay
        assert Money.zero(currency) <= share.owner_fee <= part.owner_fee
        if share.stay:  # an older payment gives only when every newer one has given all
            assert all(
                newer.stay == had.stay for newer, had in zip(shares[index + 1 :], left[index + 1 :], strict=True)
            )


def test_more_than_there_is_cannot_be_shared() -> None:
    with pytest.raises(ValueError, match="more than is left"):
        share_refund(Parts.of(101, 0, "USD"), [Parts.of(50, 10, "USD"), Parts.of(50, 10, "USD")])


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
