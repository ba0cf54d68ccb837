"""The table of moves: complete, and the only way."""

import pytest
from django.db import transaction

from apps.common.db import TransactionRequired
from apps.common.errors import Conflict
from apps.escrow.models import HoldTransition
from apps.escrow.services.holds import move
from apps.escrow.states import MOVES, HoldState, can_move


def test_every_state_has_its_row():
    assert set(MOVES) == set(HoldState)


def test_every_state_can_be_reached():
    reached = {HoldState.AWAITING_FUNDS}.union(*MOVES.values())
    assert reached == set(HoldState)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("awaiting_funds", "release_due"), ("held", "releasing"), ("releasing", "refunding"),
        ("released", "refunding"), ("refunded", "releasing"), ("held", "held"),
    ],
)  # fmt: skip
def test_money_takes_no_short_cut(old: str, new: str) -> None:
    assert not can_move(old, new)


def test_a_move_outside_the_table_changes_nothing(story, diary):
    with pytest.raises(Conflict) as refusal, transaction.atomic():
        move(story.row, HoldState.RELEASED, actor=None, reason="")
    assert refusal.value.code == "hold_moved"
    assert (story.hold.state, diary.moves) == ("awaiting_funds", [])
    assert not HoldTransition.objects.exists()


def test_a_stale_view_of_a_hold_moves_nothing(story):
    stale = story.row
    story.pay()
    with pytest.raises(Conflict), transaction.atomic():
        move(stale, HoldState.VOID, actor=None, reason="")
    assert story.hold.state == "held"


@pytest.mark.django_db(transaction=True)
def test_a_move_needs_a_transaction(story):
    with pytest.raises(TransactionRequired):
        move(story.row, HoldState.VOID, actor=None, reason="")


def test_each_move_leaves_its_row(story):
    story.pay()
    story.complete()
    assert list(HoldTransition.objects.values_list("old_state", "new_state", "actor")) == [
        ("awaiting_funds", "held", None),
        ("held", "release_due", story.sitter.pk),
    ]
