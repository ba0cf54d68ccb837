"""A refund of several fundings, and refunds side by side: each payment gives back its own, once."""

import pytest

from apps.common.errors import Conflict, InvalidInput
from apps.common.models import OutboxEvent
from apps.escrow.models import Hold, Refund, RefundPart
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, a_day_passes, fail_refund, swept, usd
from apps.ledger import selectors as ledger
from petwash.testing.races import crowd, race


@pytest.fixture
def paid(story: Story) -> Story:
    """100.00 and 10.00, then 40.00 and 4.00 more."""
    story.pay()
    story.add(4_000, 400)
    return story


def refunds(stripe_sandbox) -> list[tuple[int, int]]:
    """Return what went back: (amount, of a charge of)."""
    charges = {charge["id"]: charge["amount"] for charge in stripe_sandbox.objects("charge")}
    return [(row["amount"], charges[row["charge"]]) for row in stripe_sandbox.objects("refund")]


def test_everything_goes_back_to_where_it_came_from(paid, stripe_sandbox, diary):
    view = paid.refund(14_000, 1_400)
    assert (view.status, paid.hold.state, paid.balances()) == ("paid", "refunded", (0, 0))
    assert refunds(stripe_sandbox) == [(11_000, 11_000), (4_400, 4_400)]
    assert diary.moves == ["held", "refunding", "refunded"]
    event = OutboxEvent.objects.get(name="escrow.HoldRefunded")
    assert (event.payload["amount_minor"], event.payload["whole"]) == (15_400, True)
    assert ledger.check().ok


def test_the_newest_funding_gives_first(paid, stripe_sandbox):
    paid.refund(3_000)
    assert refunds(stripe_sandbox) == [(3_000, 4_400)]
    paid.refund(3_000, 1_000)
    assert refunds(stripe_sandbox)[1:] == [(2_000 + 600, 11_000), (1_000 + 400, 4_400)]
    assert (paid.hold.state, paid.balances()) == ("held", (8_000, 400))


def part_of(view, stay_minor: int) -> RefundPart:
    return RefundPart.objects.get(refund__public_id=view.id, stay_minor=stay_minor)


def test_one_refused_part_is_held_and_frozen_and_the_other_has_gone_back(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    view = paid.refund(14_000, 1_400)
    assert (view.status, paid.hold.state, paid.hold.stay_left) == ("in_transit", "refunding", usd(0))
    fail_refund(part_of(view, 4_000).gateway_refund_id)
    assert (paid.hold.state, paid.hold.frozen, paid.hold.stay_left) == ("refunding", True, usd(4_000))
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.balances()) == ("held", (4_000, 400))
    refund = Refund.objects.get()
    assert (refund.status, refund.failure_code) == ("partial", "refund_failed")
    assert refunds(stripe_sandbox) == [(11_000, 11_000)]
    event = OutboxEvent.objects.get(name="escrow.HoldRefunded")
    assert (event.payload["amount_minor"], event.payload["whole"]) == (11_000, False)
    assert ledger.check().ok


def test_only_the_refused_part_is_sent_again(paid, agent, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    fail_refund(part_of(paid.refund(14_000, 1_400), 4_000).gateway_refund_id)
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    view = StayPetEscrow.refund_again(booking_id=paid.booking_id, actor=agent, reason="the card works again")
    assert (view.status, view.stay, view.owner_fee) == ("paid", usd(4_000), usd(400))
    assert (paid.hold.state, paid.balances()) == ("refunded", (0, 0))
    assert refunds(stripe_sandbox) == [(11_000, 11_000), (4_400, 4_400)]
    with pytest.raises(Conflict) as refusal:
        StayPetEscrow.refund_again(booking_id=paid.booking_id, actor=agent, reason="once more")
    assert refusal.value.code == "no_refused_refund"


def test_a_refused_refund_is_found_behind_a_later_one_that_went_well(paid, agent, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    refused = paid.refund(1_000)
    stripe_sandbox.repair()
    paid.refund(2_000)
    fail_refund(RefundPart.objects.get(refund__public_id=refused.id).gateway_refund_id)
    view = StayPetEscrow.refund_again(booking_id=paid.booking_id, actor=agent, reason="the card works again")
    assert (view.status, view.stay, paid.balances()) == ("paid", usd(1_000), (11_000, 1_400))
    assert sorted(refunds(stripe_sandbox)) == [(1_000, 4_400), (2_000, 4_400)]


def test_a_part_that_the_bank_returns_is_held_again(paid):
    view = paid.refund(14_000, 1_400)
    fail_refund(part_of(view, 4_000).gateway_refund_id)
    assert (paid.hold.state, paid.hold.frozen, paid.hold.stay_left) == ("held", True, usd(4_000))
    assert (Refund.objects.get().status, paid.balances()) == ("partial", (4_000, 400))
    fail_refund(part_of(view, 10_000).gateway_refund_id)
    assert (Refund.objects.get().status, paid.balances()) == ("failed", (14_000, 1_400))
    assert ledger.check().ok


def test_a_second_refund_starts_while_the_first_is_under_way(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    first = paid.refund(1_000)
    stripe_sandbox.repair()
    second = paid.refund(1_000)
    assert (first.status, second.status, paid.hold.state) == ("in_transit", "paid", "refunding")
    assert (paid.hold.stay_left, paid.balances()) == (usd(12_000), (13_000, 1_400))
    with pytest.raises(InvalidInput) as refusal:
        paid.refund(12_001)
    assert refusal.value.details == {"stay_minor": ["must be between 0 and what is left: 120.00 USD."]}
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.balances()) == ("held", (12_000, 1_400))
    assert refunds(stripe_sandbox) == [(1_000, 4_400), (1_000, 4_400)]


def test_a_refund_on_top_of_everything_waits(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    paid.refund(14_000, 1_400)
    with pytest.raises(Conflict) as refusal:
        paid.refund(1)
    assert (refusal.value.code, refusal.value.transient) == ("refund_in_progress", True)
    assert Refund.objects.count() == 1


def test_a_stay_that_ends_while_two_refunds_run_is_paid_out_after_both(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    paid.refund(4_000)
    paid.refund(6_000)
    paid.complete()
    a_day_passes()
    with pytest.raises(Conflict) as refusal:
        paid.release()
    assert (refusal.value.code, refusal.value.transient) == ("refund_in_progress", True)
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    assert paid.hold.state == "release_due"
    assert paid.release().amount == usd(3_400)  # 40.00 less 15 percent
    assert paid.balances() == (0, 0)


def test_a_disputed_payment_gives_nothing_back(paid, stripe_sandbox):
    Hold.objects.update(disputed_at=paid.row.opened_at)
    with pytest.raises(Conflict):
        paid.refund(14_000, 1_400)
    assert (refunds(stripe_sandbox), RefundPart.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_two_equal_refunds_at_once_are_two(paid, stripe_sandbox):
    outcomes = race(lambda: paid.refund(5_000), lambda: paid.refund(5_000))
    assert {outcome.stay for outcome in outcomes} == {usd(5_000)}
    assert sum(amount for amount, _ in refunds(stripe_sandbox)) == 10_000
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.balances()) == ("held", (4_000, 1_400))


@pytest.mark.django_db(transaction=True)
def test_together_above_what_is_left_exactly_one_is_refused_by_name(paid, stripe_sandbox):
    outcomes = race(lambda: paid.refund(9_000), lambda: paid.refund(9_000))
    assert sorted(isinstance(outcome, str) for outcome in outcomes) == [False, True]
    assert "validation_error" in outcomes
    assert sum(amount for amount, _ in refunds(stripe_sandbox)) == 9_000
    assert (paid.hold.state, paid.balances()) == ("held", (5_000, 1_400))


@pytest.mark.django_db(transaction=True)
def test_a_crowd_of_refunds_takes_what_is_left_to_the_cent(paid, stripe_sandbox):
    outcomes = crowd(6, lambda number: paid.refund(2_800))
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1  # five fit into 140.00
    swept(paid.row.opened_at)
    assert sum(amount for amount, _ in refunds(stripe_sandbox)) == 14_000
    assert (paid.hold.state, paid.balances()) == ("held", (0, 1_400))
    assert ledger.check().ok
