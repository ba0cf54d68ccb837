"""Whatever is posted, repeated and reversed, the books agree with a model of plain sums."""

from collections import defaultdict

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.errors import Conflict
from apps.common.money import Money
from apps.ledger import selectors
from apps.ledger import services as ledger
from apps.ledger.types import AccountRef, Leg, net

ACCOUNTS = [
    AccountRef("stripe_clearing"),
    AccountRef("revenue_wash"),
    AccountRef("escrow", "a"),
    AccountRef("escrow", "b"),
]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 500), st.booleans()
    ),
    max_size=12,
)


@pytest.mark.django_db
@given(steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_books_follow_the_model(steps: list[tuple[int, AccountRef, AccountRef, int, bool]]) -> None:
    with transaction.atomic():
        sums: dict[AccountRef, int] = defaultdict(int)
        posted: dict[int, tuple[Leg, ...]] = {}
        for key, to, out, amount, turn_back in steps:
            _step(sums, posted, key, to, out, amount)
            if turn_back and key in posted:
                _turn_back(sums, posted, key)
        for account in ACCOUNTS:
            side = 1 if account.kind == "stripe_clearing" else -1
            assert selectors.balance(account, "USD") == Money(side * sums[account], "USD")
        assert selectors.check().ok
        transaction.set_rollback(True)


def _step(
    sums: dict[AccountRef, int],
    posted: dict[int, tuple[Leg, ...]],
    key: int,
    to: AccountRef,
    out: AccountRef,
    amount: int,
) -> None:
    legs = [Leg(to, Money(amount, "USD")), Leg(out, Money(-amount, "USD"))]
    if to == out:
        with pytest.raises(ValueError):
            net(legs)
        return
    overdrawn = to.kind == "escrow" and sums[to] + amount > 0
    if key in posted and posted[key] != net(legs):
        with pytest.raises(Conflict, match="already stands"):
            ledger.post(kind="k", key=str(key), legs=legs)
    elif key not in posted and overdrawn:
        with pytest.raises(Conflict, match="held money"):
            ledger.post(kind="k", key=str(key), legs=legs)
    else:
        ledger.post(kind="k", key=str(key), legs=legs)
        if key not in posted:
            _add(sums, net(legs), 1)
        posted[key] = net(legs)


def _turn_back(sums: dict[AccountRef, int], posted: dict[int, tuple[Leg, ...]], key: int) -> None:
    after = {leg.account: sums[leg.account] - leg.amount.amount_minor for leg in posted[key]}
    known = selectors.journal_by_key(f"reverse:{key}") is not None
    if not known and any(account.kind == "escrow" and total > 0 for account, total in after.items()):
        with pytest.raises(Conflict, match="held money"):
            ledger.reverse(key=str(key))
        return
    ledger.reverse(key=str(key))
    if not known:
        _add(sums, posted[key], -1)


def _add(sums: dict[AccountRef, int], legs: tuple[Leg, ...], sign: int) -> None:
    for leg in legs:
        sums[leg.account] += sign * leg.amount.amount_minor
