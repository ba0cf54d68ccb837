"""The refund matrix: each tier, each window, each side; to the cent, the remainder to the owner."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.bookings.cancellation import Cancellation, refund_terms
from apps.bookings.types import CancellationPolicy
from apps.common.money import Money

START = datetime(2026, 6, 10, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)
STAY, FEE = Money(10001, "USD"), Money(1000, "USD")


def terms(policy: str, notice: timedelta, *, by_owner: bool = True, booked_before: timedelta = timedelta(days=30)):
    now = START - notice
    facts = Cancellation(CancellationPolicy(policy), now - booked_before, START, now, by_owner)
    return refund_terms(facts, STAY, FEE)


@pytest.mark.parametrize(
    ("policy", "hours", "percent"),
    [
        ("flexible", 25, 100), ("flexible", 24, 50), ("flexible", 13, 50), ("flexible", 12, 0), ("flexible", 1, 0),
        ("moderate", 73, 100), ("moderate", 72, 50), ("moderate", 25, 50), ("moderate", 24, 0),
        ("strict", 169, 100), ("strict", 168, 50), ("strict", 25, 50), ("strict", 24, 0), ("strict", -1, 0),
    ],
)  # fmt: skip
def test_each_tier_has_its_windows(policy: str, hours: int, percent: int) -> None:
    got = terms(policy, hours * HOUR)
    assert got.percent == percent
    assert got.owner_fee == (FEE if percent == 100 else Money(0, "USD"))
    assert got.why.endswith(".")


def test_half_a_cent_goes_to_the_owner() -> None:
    assert terms("flexible", 20 * HOUR).stay == Money(5001, "USD")


@pytest.mark.parametrize(("stay", "back"), [(Money(12_350, "KWD"), 6_180), (Money(12_351, "JPY"), 6_176)])
def test_what_goes_back_is_what_a_card_can_be_refunded(stay: Money, back: int) -> None:
    now = START - 20 * HOUR
    facts = Cancellation(CancellationPolicy("flexible"), now - timedelta(days=30), START, now, by_owner=True)
    assert refund_terms(facts, stay, Money.zero(stay.currency)).stay.amount_minor == back


@pytest.mark.parametrize(
    ("booked_before", "notice", "rule"),
    [
        (24 * HOUR, 7 * 24 * HOUR, "grace"),
        (25 * HOUR, 7 * 24 * HOUR, "strict_partial"),
        (1 * HOUR, 6 * 24 * HOUR, "strict_partial"),
    ],
)
def test_there_is_a_grace_for_early_bookers(booked_before: timedelta, notice: timedelta, rule: str) -> None:
    assert terms("strict", notice, booked_before=booked_before).rule == rule


@pytest.mark.parametrize("hours", [500, 10, -5])
def test_the_sitters_cancellation_gives_everything_back(hours: int) -> None:
    got = terms("strict", hours * HOUR, by_owner=False)
    assert (got.rule, got.stay, got.owner_fee) == ("sitter_cancels", STAY, FEE)


@given(
    st.sampled_from(CancellationPolicy),
    st.integers(-100, 1000),
    st.integers(0, 1000),
    st.integers(0, 10_000_000),
    st.booleans(),
)
def test_no_refund_leaves_what_was_paid(
    policy: CancellationPolicy, notice: int, booked: int, stay: int, by_owner: bool
) -> None:
    now = START - notice * HOUR
    facts = Cancellation(policy, now - booked * HOUR, START, now, by_owner)
    got = refund_terms(facts, Money(stay, "JPY"), Money(7, "JPY"))
    assert 0 <= got.stay.amount_minor <= stay
    assert got.stay.amount_minor * 100 >= stay * got.percent
    assert got.owner_fee.amount_minor in {0, 7}
