"""Yen, dinars and krónur from the deposit to the payout: exact, and in amounts that a card can be charged."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.common.errors import InvalidInput
from apps.common.money import Money
from apps.escrow import selectors
from apps.escrow.tests.holds import Story, a_day_passes
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments
from apps.payments.tests.fixtures import Sandbox


def opened(owner: Any, sitter: Any, stay_and_fee: tuple[int, int], currency: str) -> Story:
    payments.open_payee_account(sitter)
    with transaction.atomic():
        return Story.open(str(uuid4()), owner, sitter, *stay_and_fee, currency)


# stay and fee; those of a change; what is refunded; then transfers, sitter's fee, owner's fee, factor on the wire
CASES = [
    ("JPY", (12_345, 1_235), (3_333, 333), (4_444, 100), [9_549], 1_685, 1_468, 1),
    ("KWD", (12_350, 1_240), (3_330, 330), (1_110, 0), [10_490, 1_890], 2_190, 1_570, 1),
    ("ISK", (45_677, 4_568), (9_999, 1_000), (5_001, 1_000), [38_826, 4_248], 7_601, 4_568, 100),
]


@pytest.mark.parametrize(("currency", "first", "more", "back", "sent", "sitter_fee", "owner_fee", "wire"), CASES)
def test_every_unit_of_a_stay_arrives(
    owner: Any,
    sitter_user: Any,
    stripe_sandbox: Sandbox,
    currency,
    first,
    more,
    back,
    sent,
    sitter_fee,
    owner_fee,
    wire,
) -> None:
    story = opened(owner, sitter_user, first, currency)
    story.pay()
    story.add(*more)
    story.refund(*back)
    left = first[0] + more[0] - back[0], first[1] + more[1] - back[1]
    assert (story.balances(), story.hold.stay_left) == (left, Money(left[0], currency))
    story.complete()
    a_day_passes()
    payout = story.release()
    assert (payout.amount, payout.sitter_fee) == (Money(sum(sent), currency), Money(sitter_fee, currency))
    assert sum(sent) + sitter_fee == left[0]
    charged = [charge["amount"] for charge in stripe_sandbox.objects("charge")]
    assert charged == [sum(first) * wire, sum(more) * wire]
    assert sum(refund["amount"] for refund in stripe_sandbox.objects("refund")) == sum(back) * wire
    assert [transfer["amount"] for transfer in stripe_sandbox.objects("transfer")] == [amount * wire for amount in sent]
    assert story.balances() == (0, 0)
    for kind, expected in (("revenue_sitter_fee", sitter_fee), ("revenue_owner_fee", owner_fee), ("rounding", 0)):
        assert ledger.balance(AccountRef(kind), currency) == Money(expected, currency)
    assert ledger.check().ok


def test_dinars_move_in_steps_of_ten_fils(owner: Any, sitter_user: Any, stripe_sandbox: Sandbox) -> None:
    story = opened(owner, sitter_user, (12_350, 1_240), "KWD")
    story.pay()
    for act in (lambda: story.refund(1_001), lambda: story.add(1_001)):
        with pytest.raises(InvalidInput) as refusal:
            act()
        assert refusal.value.details["stay_minor"][0].startswith("must be a multiple of 10")
    assert (story.balances(), stripe_sandbox.objects("refund")) == ((12_350, 1_240), [])
    assert len(stripe_sandbox.objects("charge")) == 1


def test_where_it_is_adds_up_in_its_own_currency(owner: Any, sitter_user: Any, stripe_sandbox: Sandbox) -> None:
    story = opened(owner, sitter_user, (12_345, 1_235), "JPY")
    story.pay()
    story.refund(4_444)
    places = selectors.whereabouts(story.booking_id)
    assert sum(place.amount.amount_minor for place in places) == 13_580
    assert {place.amount.currency for place in places} == {"JPY"}
