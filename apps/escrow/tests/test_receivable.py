"""What a sitter owes is kept from the next payouts, once, or written off."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.common.clock import advance_business_clock
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.common.models import AuditEntry
from apps.escrow import services
from apps.escrow.models import Receivable, ReceivableChange
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, a_day_passes, swept, system_balance, usd
from apps.escrow.tests.paid_out import claw, owed, spend
from apps.ledger import selectors as ledger
from petwash.testing.races import race


@pytest.fixture
def indebted(released, agent, stripe_sandbox):
    """A sitter who owes 60.00 of an earlier stay."""
    spend(stripe_sandbox, 6_000)
    claw(released, 10_000, 1_000, agent)
    return released


def due(of: Story, stay: int = 10_000) -> Story:
    """Another stay of the same people, due."""
    with transaction.atomic():
        story = Story.open(str(uuid4()), of.owner, of.sitter, stay)
    story.pay()
    story.complete()
    a_day_passes()
    return story


def sent(sandbox, story: Story) -> int:
    """Return what was transferred for a stay."""
    return sum(row["amount"] for row in sandbox.objects("transfer") if row["transfer_group"] == story.booking_id)


def test_the_next_payout_keeps_it(indebted, stripe_sandbox):
    story = due(indebted)
    payout = story.release()
    assert (payout.amount, payout.offset, payout.status) == (usd(2_500), usd(6_000), "paid")
    assert (owed(indebted), sent(stripe_sandbox, story), story.hold.state) == (0, 2_500, "released")
    assert ledger.check().ok


def test_a_payout_of_zero_moves_nothing_and_counts(indebted, stripe_sandbox):
    story = due(indebted, stay=2_000)
    payout = story.release()
    assert (payout.amount, payout.offset, payout.status) == (usd(0), usd(1_700), "paid")
    assert (owed(indebted), sent(stripe_sandbox, story), story.hold.state) == (4_300, 0, "released")


def test_a_refused_transfer_owes_again_what_it_kept(indebted, stripe_sandbox):
    story = due(indebted)
    stripe_sandbox.disable(stripe_sandbox.objects("account")[0]["id"], transfers="inactive")
    story.release()
    assert (story.hold.state, owed(indebted), story.balances()) == ("release_due", 6_000, (10_000, 1_000))
    stripe_sandbox.enable(stripe_sandbox.objects("account")[0]["id"])
    advance_business_clock(31 * 60)
    assert story.release().offset == usd(6_000)
    assert (owed(indebted), sent(stripe_sandbox, story)) == (0, 2_500)
    kinds = list(ReceivableChange.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["opened", "offset", "offset_undone", "offset"]


@pytest.mark.django_db(transaction=True)
def test_two_payouts_at_once_settle_one_debt_once(indebted, stripe_sandbox):
    first, second = due(indebted), due(indebted)
    race(first.release, second.release, services.release_due_payouts)
    swept(first.row.opened_at)
    assert {first.hold.state, second.hold.state} == {"released"}
    assert (owed(indebted), sent(stripe_sandbox, first) + sent(stripe_sandbox, second)) == (0, 11_000)
    assert ledger.check().ok


def test_a_write_off_is_our_cost_with_actor_and_reason(indebted, agent):
    debt = Receivable.objects.get()
    view = StayPetEscrow.write_off(receivable_id=str(debt.public_id), reason="insolvent", actor=agent)
    assert (view.open, owed(indebted), system_balance("goodwill")) == (usd(0), 0, 6_000)
    entry = AuditEntry.objects.get(action="escrow.write_off")
    assert (entry.actor_id, entry.reason) == (agent.pk, "insolvent")
    with pytest.raises(Conflict) as refusal:
        StayPetEscrow.write_off(receivable_id=str(debt.public_id), reason="again", actor=agent)
    assert (refusal.value.code, system_balance("goodwill")) == ("nothing_owed", 6_000)


def test_a_write_off_needs_a_debt_and_a_reason(indebted, agent):
    debt = Receivable.objects.get()
    with pytest.raises(InvalidInput):
        StayPetEscrow.write_off(receivable_id=str(debt.public_id), reason=" ", actor=agent)
    with pytest.raises(NotFound):
        StayPetEscrow.write_off(receivable_id=str(uuid4()), reason="because", actor=agent)
    assert owed(indebted) == 6_000


def test_the_database_refuses_to_settle_more_than_is_owed(indebted):
    with pytest.raises(IntegrityError, match="escrow_receivable_within_debt"), transaction.atomic():
        Receivable.objects.update(open_minor=-1)


@pytest.mark.parametrize("attack", ["UPDATE {0} SET amount_minor = 1", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_the_history_of_a_debt_cannot_be_rewritten(indebted, attack):
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(attack.format("escrow_receivable_change"))
