"""Refunds after the payout: the transfers come back first, then the owner gets the money."""

import pytest

from apps.common.errors import Conflict, InvalidInput
from apps.common.models import AuditEntry, OutboxEvent
from apps.escrow import services
from apps.escrow.models import ClawBack, RefundPart
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import a_day_passes, fail_refund, swept, system_balance, usd
from apps.escrow.tests.paid_out import WEEK, claw, owed, spend
from apps.ledger import selectors as ledger
from petwash.testing.races import race


def totals(sandbox) -> tuple[int, int]:
    """Return what was reversed and what was refunded, at the gateway."""
    reversals = sum(row["amount"] for row in sandbox.objects("transfer_reversal"))
    return reversals, sum(row["amount"] for row in sandbox.objects("refund"))


def test_everything_comes_back_and_goes_to_the_owner(released, agent, stripe_sandbox):
    view = claw(released, 10_000, 1_000, agent)
    assert (view.status, view.sitter, view.reversed) == ("done", usd(8_500), usd(8_500))
    assert released.hold.state == "clawed_back"
    assert totals(stripe_sandbox) == (8_500, 11_000)
    assert (released.balances(), owed(released)) == ((0, 0), 0)
    assert (system_balance("revenue_sitter_fee"), system_balance("revenue_owner_fee")) == (0, 0)
    assert ledger.check().ok
    entry = AuditEntry.objects.get(action="escrow.claw_back")
    assert (entry.actor_id, entry.reason) == (agent.pk, "a scratched sofa")
    assert OutboxEvent.objects.filter(name="escrow.PayoutClawedBack").count() == 1


def test_a_part_gives_our_fee_on_it_up(released, agent, stripe_sandbox):
    view = claw(released, 4_000, 0, agent)
    assert (view.sitter, released.hold.state) == (usd(3_400), "clawed_back")
    assert totals(stripe_sandbox) == (3_400, 4_000)
    assert (system_balance("revenue_sitter_fee"), system_balance("revenue_owner_fee")) == (900, 1_000)


def test_it_is_repeated_for_the_rest_and_not_beyond(released, agent, stripe_sandbox):
    claw(released, 4_000, 500, agent)
    claw(released, 6_000, 500, agent)
    assert totals(stripe_sandbox) == (8_500, 11_000)
    with pytest.raises(InvalidInput) as refusal:
        claw(released, 1, 0, agent)
    assert list(refusal.value.details) == ["stay_minor"]
    assert released.hold.state == "clawed_back"


def test_our_fee_alone_reverses_nothing(released, agent, stripe_sandbox):
    assert claw(released, 0, 1_000, agent).status == "done"
    assert totals(stripe_sandbox) == (0, 1_000)
    assert (owed(released), system_balance("revenue_owner_fee")) == (0, 0)


def test_what_the_sitter_has_not_any_more_is_owed_and_the_owner_waits_for_nothing(released, agent, stripe_sandbox):
    spend(stripe_sandbox, 6_000)
    view = claw(released, 10_000, 1_000, agent)
    assert (view.reversed, released.hold.state) == (usd(2_500), "clawback_short")
    assert totals(stripe_sandbox) == (2_500, 11_000)
    assert owed(released) == 6_000
    assert released.balances() == (0, 0)
    assert ledger.check().ok


def test_an_empty_account_owes_all_of_it(released, agent, stripe_sandbox):
    spend(stripe_sandbox, 8_500)
    claw(released, 10_000, 1_000, agent)
    assert (totals(stripe_sandbox), owed(released), released.hold.state) == ((0, 11_000), 8_500, "clawback_short")


@pytest.mark.parametrize("path", ["/v1/transfers/.*/reversals", "/v1/refunds"])
@pytest.mark.parametrize("effect", ["drop_request", "drop_answer"])
def test_a_lost_answer_is_visible_and_finished_once(released, agent, stripe_sandbox, path, effect):
    stripe_sandbox.fault("POST", path, effect, times=50)
    assert claw(released, 10_000, 1_000, agent).status == ("refunding" if "refunds" in path else "reversing")
    assert released.hold.state == "clawing_back"
    with pytest.raises(Conflict) as refusal:
        claw(released, 1, 0, agent)
    assert refusal.value.code == "claw_back_in_progress"
    stripe_sandbox.repair()
    swept(released.row.opened_at)
    services.continue_claw_backs()
    assert (released.hold.state, totals(stripe_sandbox)) == ("clawed_back", (8_500, 11_000))
    assert ledger.check().ok


def test_a_refund_that_the_gateway_refuses_waits_for_staff(released, agent, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=3)
    claw(released, 10_000, 1_000, agent)
    fail_refund(RefundPart.objects.get().gateway_refund_id)
    assert (released.hold.state, released.hold.frozen, released.balances()) == ("clawing_back", True, (10_000, 1_000))
    assert ClawBack.objects.get().last_problem == "refund_failed"
    StayPetEscrow.refund_again(booking_id=released.booking_id, actor=agent, reason="the card works again")
    assert (released.hold.state, released.balances()) == ("clawed_back", (0, 0))
    assert totals(stripe_sandbox) == (8_500, 11_000)
    assert ledger.check().ok


def test_nothing_is_clawed_back_before_the_payout(story, agent, stripe_sandbox):
    story.pay()
    with pytest.raises(Conflict) as refusal:
        claw(story, 1, 0, agent)
    assert refusal.value.code == "not_paid_out"
    assert (totals(stripe_sandbox), ClawBack.objects.count()) == ((0, 0), 0)


@pytest.mark.parametrize(
    ("stay", "fee", "field"),
    [(10_001, 0, "stay_minor"), (0, 1_001, "owner_fee_minor"), (-1, 0, "stay_minor"), (0, 0, "amount_minor")],
)
def test_an_impossible_amount_is_named(released, agent, stripe_sandbox, stay, fee, field):
    with pytest.raises(InvalidInput) as refusal:
        claw(released, stay, fee, agent)
    assert list(refusal.value.details) == [field]
    assert (released.hold.state, totals(stripe_sandbox)) == ("released", (0, 0))


def test_a_reason_is_required(released, agent):
    with pytest.raises(InvalidInput) as refusal:
        StayPetEscrow.claw_back(booking_id=released.booking_id, stay=usd(1), owner_fee=usd(0), reason=" ", actor=agent)
    assert list(refusal.value.details) == ["reason"]


def test_two_fundings_give_back_newest_first(story, agent, stripe_sandbox):
    story.pay()
    story.add(2_000, 200)
    story.complete()
    a_day_passes()
    story.release()
    stripe_sandbox.advance_clock(WEEK)
    claw(story, 3_000, 0, agent)
    assert sorted(row["amount"] for row in stripe_sandbox.objects("refund")) == [1_000, 2_000]
    assert totals(stripe_sandbox) == (2_550, 3_000)
    assert (story.hold.state, story.balances()) == ("clawed_back", (0, 0))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_take_the_payout_back_once(released, agent, stripe_sandbox):
    race(lambda: claw(released, 10_000, 1_000, agent), lambda: claw(released, 10_000, 1_000, agent))
    swept(released.row.opened_at)
    services.continue_claw_backs()
    assert (totals(stripe_sandbox), released.hold.state) == ((8_500, 11_000), "clawed_back")
    assert (ClawBack.objects.count(), ledger.check().ok) == (1, True)
