"""Freeze and lift: with a reason, on record, once."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.common.errors import Conflict, InvalidInput
from apps.common.models import AuditEntry
from apps.escrow.models import BlockerChange
from apps.escrow.services import StayPetEscrow


def test_a_freeze_is_audited_with_actor_and_reason(story, agent):
    assert StayPetEscrow.freeze(booking_id=story.booking_id, actor=agent, reason="a scratched sofa").frozen
    entry = AuditEntry.objects.get(action="escrow.freeze")
    assert (entry.actor_id, entry.reason) == (agent.pk, "a scratched sofa")
    change = BlockerChange.objects.get()
    assert (change.blocker, change.set_on, change.actor) == ("freeze", True, agent)


def test_twice_is_refused_both_ways(story, agent):
    def refused(change) -> str:
        with pytest.raises(Conflict) as refusal:
            change(booking_id=story.booking_id, actor=agent, reason="because")
        return refusal.value.code

    assert refused(StayPetEscrow.lift) == "not_frozen"
    StayPetEscrow.freeze(booking_id=story.booking_id, actor=agent, reason="because")
    assert refused(StayPetEscrow.freeze) == "already_frozen"
    assert BlockerChange.objects.count() == 1


def test_a_reason_is_required(story, agent):
    with pytest.raises(InvalidInput) as refusal:
        StayPetEscrow.freeze(booking_id=story.booking_id, actor=agent, reason="  ")
    assert list(refusal.value.details) == ["reason"]
    assert not story.hold.frozen


@pytest.mark.parametrize("table", ["escrow_hold_transition", "escrow_due_change", "escrow_blocker_change"])
@pytest.mark.parametrize("attack", ["UPDATE {0} SET hold_id = hold_id", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_history_cannot_be_rewritten(story, agent, table: str, attack: str) -> None:
    StayPetEscrow.freeze(booking_id=story.booking_id, actor=agent, reason="because")
    story.pay()
    story.complete()
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(attack.format(table))


def test_the_database_refuses_more_refund_than_payment(story):
    story.pay()
    with pytest.raises(IntegrityError, match="escrow_hold_refund_within_payment"), transaction.atomic():
        type(story.row).objects.update(stay_refunded_minor=-1)
    with pytest.raises(IntegrityError, match="escrow_hold_left_within_payment"), transaction.atomic():
        type(story.row).objects.update(stay_refunded_minor=10_001)


def test_the_database_refuses_a_promise_of_what_is_not_left(story):
    story.pay()
    for rows in (type(story.row).objects, story.row.fundings):
        with pytest.raises(IntegrityError, match="left_within_payment"), transaction.atomic():
            rows.update(stay_left_minor=-1)
        with pytest.raises(IntegrityError, match="left_within_payment"), transaction.atomic():
            rows.update(owner_fee_left_minor=1_001)
