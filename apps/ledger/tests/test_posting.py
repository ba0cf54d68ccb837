"""Posting: what goes in, what a repeat gives, what is refused, and that refusals leave nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from apps.common.db import TransactionRequired
from apps.common.errors import Conflict, NotFound
from apps.common.money import Money
from apps.ledger import selectors
from apps.ledger import services as ledger
from apps.ledger.models import Entry, Journal
from apps.ledger.tests.conftest import CLEARING, ESCROW, FEE, capture, usd
from apps.ledger.types import AccountRef, Posting, credit, debit
from petwash.testing.races import crowd


@pytest.mark.django_db
def test_a_deposit_stands_on_the_natural_side_of_each_account() -> None:
    journal = capture()

    assert selectors.balance(CLEARING, "USD") == usd(11_000)
    assert selectors.balance(ESCROW, "USD") == usd(10_000)
    assert selectors.balance(FEE, "USD") == usd(1_000)
    assert selectors.balance(ESCROW, "EUR") == Money(0, "EUR")
    assert selectors.journals_of(ESCROW) == [journal]


@pytest.mark.django_db
@pytest.mark.parametrize("owner", ["NULL", 'a"b', "back\\slash", "{a,b}", "'; --", " blank ", "ünïcode"])
def test_an_owner_is_taken_as_written(owner: str) -> None:
    held = AccountRef("escrow", owner)
    with transaction.atomic():
        journal = ledger.post(kind="k", key="k", legs=[debit(CLEARING, usd(5)), credit(held, usd(5))])

    assert selectors.journals_of(held) == [journal]


@pytest.mark.django_db
def test_the_same_key_and_legs_give_the_first_journal() -> None:
    first = capture()

    assert capture() == first
    assert Journal.objects.count() == 1
    assert Entry.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(("stay", "fee"), [(9_999, 1_000), (10_000, 0)])
def test_the_same_key_with_other_legs_is_refused(stay: int, fee: int) -> None:
    capture()

    with pytest.raises(Conflict) as refusal:
        capture(stay=stay, fee=fee)

    assert refusal.value.code == "journal_key_reused"
    assert selectors.balance(CLEARING, "USD") == usd(11_000)


@pytest.mark.django_db
def test_more_than_is_held_does_not_leave() -> None:
    capture()

    with pytest.raises(Conflict) as refusal, transaction.atomic():
        ledger.post(kind="release", key="r", legs=[debit(ESCROW, usd(10_001)), credit(CLEARING, usd(10_001))])

    assert refusal.value.code == "balance_exceeded"
    assert selectors.balance(ESCROW, "USD") == usd(10_000)
    assert Journal.objects.count() == 1


@pytest.mark.django_db
def test_a_refusal_leaves_the_callers_transaction_usable() -> None:
    with transaction.atomic():
        with pytest.raises(Conflict):
            ledger.post(kind="release", key="r", legs=[debit(ESCROW, usd(1)), credit(CLEARING, usd(1))])
        capture()

    assert selectors.balance(ESCROW, "USD") == usd(10_000)


@pytest.mark.django_db
def test_a_reversal_is_the_exact_opposite_and_happens_once() -> None:
    journal = capture()

    with transaction.atomic():
        reversal = ledger.reverse(key="capture-1")
        again = ledger.reverse(key="capture-1")

    assert again == reversal
    assert reversal.reverses == journal.id
    assert reversal.kind == "escrow.capture.reversal"
    assert {row.kind: row.balance for row in selectors.trial_balance()} == {
        "stripe_clearing": usd(0),
        "escrow": usd(0),
        "owner_fee_deferred": usd(0),
    }
    assert selectors.journal_by_key("reverse:capture-1") == reversal


@pytest.mark.django_db
def test_an_unknown_journal_is_not_reversed() -> None:
    with pytest.raises(NotFound), transaction.atomic():
        ledger.reverse(key="nothing")


@pytest.mark.django_db
def test_legs_on_one_account_are_added_up_and_zeros_left_out() -> None:
    with transaction.atomic():
        journal = ledger.post(
            kind="escrow.capture",
            key="k",
            legs=[debit(CLEARING, usd(7)), credit(ESCROW, usd(3)), credit(ESCROW, usd(4)), credit(FEE, usd(0))],
        )

    assert {str(leg.account): leg.amount for leg in journal.legs} == {
        "stripe_clearing": usd(7),
        "escrow:booking-1": usd(-7),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    "legs",
    [
        [],
        [debit(CLEARING, usd(0)), credit(ESCROW, usd(0))],
        [debit(CLEARING, usd(5)), credit(ESCROW, usd(4))],
        [debit(CLEARING, usd(5)), credit(ESCROW, Money(5, "EUR"))],
        [debit(CLEARING, usd(5)), credit(CLEARING, usd(5))],
    ],
    ids=["none", "zeros", "unbalanced", "two currencies", "nothing moves"],
)
def test_legs_that_make_no_journal_are_a_bug_of_the_caller(legs: list[object]) -> None:
    with pytest.raises(ValueError), transaction.atomic():
        ledger.post(kind="k", key="k", legs=legs)  # type: ignore[arg-type]  # a list of legs
    assert Journal.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: AccountRef("petty_cash"),
        lambda: AccountRef("escrow"),
        lambda: AccountRef("bank", "someone"),
        lambda: debit(CLEARING, usd(-1)),
        lambda: credit(CLEARING, usd(-1)),
    ],
)
def test_accounts_and_legs_outside_the_chart_cannot_be_named(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        wrong()


@pytest.mark.django_db(transaction=True)
def test_posting_needs_the_callers_transaction() -> None:
    with pytest.raises(TransactionRequired):
        ledger.post(kind="k", key="k", legs=[debit(CLEARING, usd(1)), credit(ESCROW, usd(1))])


@pytest.mark.django_db(transaction=True)
def test_eight_withdrawals_at_once_take_no_more_than_is_held() -> None:
    capture(stay=3_000)
    outcomes = crowd(8, lambda number: _withdraw(f"w{number}"))

    assert sorted(outcomes) == ["balance_exceeded"] * 5 + ["moved"] * 3
    assert selectors.balance(ESCROW, "USD") == usd(0)


@pytest.mark.django_db(transaction=True)
def test_eight_posts_of_one_key_at_once_make_one_journal() -> None:
    capture()
    outcomes = crowd(8, lambda _number: _withdraw("the same"))

    assert outcomes == ["moved"] * 8
    assert selectors.balance(ESCROW, "USD") == usd(9_000)


@pytest.mark.django_db(transaction=True)
def test_eight_first_uses_of_one_account_open_it_once() -> None:
    outcomes = crowd(8, lambda number: capture(key=f"k{number}").kind)

    assert outcomes == ["escrow.capture"] * 8
    assert selectors.balance(ESCROW, "USD") == usd(80_000)
    assert selectors.check().ok


def _withdraw(key: str) -> str:
    with transaction.atomic():
        ledger.post(kind="release", key=key, legs=[debit(ESCROW, usd(1_000)), credit(CLEARING, usd(1_000))])
    return "moved"


def released(key: str, stay: int) -> Posting:
    """Money that leaves escrow."""
    return Posting("release", key, (debit(ESCROW, usd(stay)), credit(CLEARING, usd(stay))))


@pytest.mark.django_db
def test_several_journals_are_posted_in_one_statement(django_assert_num_queries: Any) -> None:
    capture()

    at = datetime(2026, 1, 2, tzinfo=UTC)
    with transaction.atomic(), django_assert_num_queries(1):
        first, second = ledger.post_all([released("r-1", 4_000), released("r-2", 6_000)], effective_at=at)

    assert selectors.journals_of(ESCROW)[1:] == [first, second]
    assert (first.effective_at, second.effective_at) == (at, at)
    assert selectors.balance(ESCROW, "USD") == usd(0)
    assert selectors.check().ok


@pytest.mark.django_db
def test_several_journals_stand_by_the_rules_of_one() -> None:
    capture()
    with transaction.atomic():
        (known,) = ledger.post_all([released("r-1", 4_000)])

    with transaction.atomic():
        again, new = ledger.post_all([released("r-1", 4_000), released("r-2", 1_000)])
    with pytest.raises(Conflict) as reused, transaction.atomic():
        ledger.post_all([released("r-3", 1_000), released("r-1", 4_001)])
    with pytest.raises(Conflict) as exceeded, transaction.atomic():
        ledger.post_all([released("r-4", 5_000), released("r-5", 1)])
    with pytest.raises(ValueError, match="debits exceed"), transaction.atomic():
        ledger.post_all([Posting("release", "r-6", (debit(ESCROW, usd(1)),))])

    assert (again, new.key) == (known, "r-2")
    assert (reused.value.code, exceeded.value.code) == ("journal_key_reused", "balance_exceeded")
    assert [journal.key for journal in selectors.journals_of(ESCROW)] == ["capture-1", "r-1", "r-2"]


@pytest.mark.django_db
def test_no_journals_are_no_work(django_assert_num_queries: Any) -> None:
    with transaction.atomic(), django_assert_num_queries(0):
        assert ledger.post_all([], effective_at=datetime(2026, 1, 2, tzinfo=UTC)) == []
