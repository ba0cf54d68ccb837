"""Whatever is posted when, cut when, and committed late, every balance as of any instant is the plain sum."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.money import Money
from apps.ledger import selectors
from apps.ledger import services as ledger
from apps.ledger.chart import kind_of
from apps.ledger.types import AccountRef, credit, debit
from petwash.testing.races import race

FIRST = datetime(2026, 2, 27, tzinfo=UTC)
COMPANYS = [AccountRef("stripe_clearing"), AccountRef("bank"), AccountRef("goodwill")]
OWNED = [AccountRef("escrow", "a"), AccountRef("escrow", "b"), AccountRef("owner_fee_deferred", "a")]
INSTANTS = st.builds(
    lambda day, hour, step: FIRST + timedelta(days=day, hours=hour, microseconds=step),
    st.integers(0, 4),
    st.sampled_from([0, 0, 8, 23]),
    st.sampled_from([-1, 0, 1]),
)
POSTINGS = st.tuples(
    INSTANTS,
    st.sampled_from(["USD", "EUR", "JPY"]),
    st.sampled_from(COMPANYS),
    st.sampled_from([*OWNED, AccountRef("revenue_wash")]),
    st.integers(1, 9_999),
)
Posting = tuple[datetime, str, AccountRef, AccountRef, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), POSTINGS),
        st.tuples(st.just("cut"), st.none()),
        st.tuples(st.sampled_from(["commits while it is cut", "goes while it is cut"]), POSTINGS),
    ),
    min_size=1,
    max_size=8,
)
PLAIN = """
SELECT a.kind, a.owner, a.currency, sum(e.amount_minor) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
WHERE %(as_of)s::timestamptz IS NULL OR e.effective_at <= %(as_of)s GROUP BY 1, 2, 3
"""
RIVAL = """
SELECT ledger_post(gen_random_uuid(), %s, 'late', %s, %s, NULL, %s, %s, %s, %s, %s)
"""
KEYS = itertools.count()


@pytest.mark.django_db(transaction=True)
@given(steps=STEPS, asked=st.lists(INSTANTS, min_size=1, max_size=3))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_balance_is_the_plain_sum(steps: list[tuple[str, Any]], asked: list[datetime]) -> None:
    for step, posting in steps:
        if step == "post":
            post(posting)
        elif step == "cut":
            ledger.cut()
        else:
            cut_beside(posting, commits=step.startswith("commits"))
    for as_of in [*asked, None]:
        compare(as_of)
    assert selectors.check().problems == ()


def post(posting: Posting) -> None:
    """Post it in a transaction of its own."""
    at, currency, left, right, minor = posting
    legs = [debit(left, Money(minor, currency)), credit(right, Money(minor, currency))]
    with transaction.atomic():
        ledger.post(kind="some", key=f"some-{next(KEYS)}", legs=legs, effective_at=at)


def cut_beside(posting: Posting, *, commits: bool) -> None:
    """Cut while an older transaction has drawn its numbers; meanwhile it ends, and a younger one is through."""
    at, currency, left, right, minor = posting
    kinds = [kind_of(left.kind), kind_of(right.kind)]
    with psycopg.connect(os.environ["DATABASE_URL"]) as rival:
        rival.execute(
            RIVAL,
            [
                f"late-{next(KEYS)}",
                currency,
                at,
                [left.kind, right.kind],
                [left.owner, right.owner],
                [kind.side for kind in kinds],
                [kind.guarded for kind in kinds],
                [minor, -minor],
            ],
        )

        def end() -> None:
            # On other accounts: what the older one holds, a younger one would wait for.
            post((at, "CHF", AccountRef("rounding"), AccountRef("tax_payable"), 1))
            post((at, "CHF", AccountRef("tax_payable"), AccountRef("rounding"), 1))
            rival.commit() if commits else rival.rollback()

        race(ledger.cut, end)


def compare(as_of: datetime | None) -> None:
    """Compare each account and each kind with the sum over all entries."""
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, {"as_of": as_of})
        plain = {(AccountRef(kind, owner), currency): int(total) for kind, owner, currency, total in cursor.fetchall()}
    kinds: dict[tuple[str, str], int] = {}
    for (account, currency), total in plain.items():
        assert selectors.balance(account, currency, as_of) == Money(kind_of(account.kind).side * total, currency)
        kinds[account.kind, currency] = kinds.get((account.kind, currency), 0) + total
    rows = selectors.trial_balance(as_of)
    assert {(row.kind, row.currency): kind_of(row.kind).side * row.balance.amount_minor for row in rows} == kinds
    assert len(rows) == len(kinds)
