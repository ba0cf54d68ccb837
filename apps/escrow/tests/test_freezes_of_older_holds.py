"""The migration to freezes: a hold that was frozen before there were any is stopped as before, and can be lifted."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from apps.common.errors import Conflict
from apps.escrow import services
from apps.escrow.models import Freeze, FreezeChange, Hold
from apps.escrow.services import StayPetEscrow
from apps.escrow.services.marks import set_mark
from apps.escrow.states import Blocker
from apps.escrow.tests.holds import a_day_passes

MIGRATION: Any = import_module("apps.escrow.migrations.0008_first_policies")


@pytest.fixture
def frozen(story: Any, agent: Any) -> Any:
    """A hold that is due and was frozen when only its mark said so."""
    story.pay()
    story.complete()
    a_day_passes()
    with transaction.atomic():
        hold = Hold.objects.select_for_update().get()
        set_mark(hold, Blocker.FREEZE, actor=agent, reason="a scratched sofa", set_on=True)
    return story


def migrate() -> None:
    MIGRATION.add_freezes(apps, None)


def test_the_freeze_says_who_froze_when_and_why(frozen: Any, agent: Any) -> None:
    migrate()
    row = Freeze.objects.get()
    assert (row.scope, row.booking_id, row.reason, row.placed_by) == (
        "booking", frozen.booking_id, "a scratched sofa", agent,
    )  # fmt: skip
    assert (row.placed_at, row.expires_at, row.ended_at) == (frozen.row.frozen_at, None, None)
    assert list(FreezeChange.objects.values_list("step", "actor", "reason")) == [
        ("placed", agent.pk, "a scratched sofa")
    ]


def test_without_a_history_it_is_frozen_all_the_same(story: Any) -> None:
    Hold.objects.update(frozen_at=story.row.opened_at)
    migrate()
    row = Freeze.objects.get()
    assert (row.placed_at, row.placed_by, row.reason) == (
        story.row.opened_at, None, "frozen before freezes had a history",
    )  # fmt: skip


def test_it_stops_the_payout_until_it_is_lifted(frozen: Any, agent: Any) -> None:
    migrate()
    with pytest.raises(Conflict) as refusal:
        frozen.release()
    assert (refusal.value.code, services.release_due_payouts()) == ("escrow_frozen", 0)
    StayPetEscrow.lift(booking_id=frozen.booking_id, actor=agent, reason="settled")
    assert services.release_due_payouts() == 1
    assert (frozen.hold.state, Freeze.objects.get().ended_at is None) == ("released", False)


def test_what_is_not_frozen_gets_none(story: Any) -> None:
    story.pay()
    migrate()
    assert Freeze.objects.count() == 0
