"""Goodwill: after the payout, at our cost, never beyond what was paid; the sitter keeps theirs."""

import pytest

from apps.common.errors import Conflict, InvalidInput
from apps.escrow.models import Goodwill
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import fail_refund, system_balance, usd
from apps.escrow.tests.paid_out import claw
from apps.ledger import selectors as ledger


def give(story, minor, actor):
    return StayPetEscrow.goodwill(booking_id=story.booking_id, amount=usd(minor), reason="we are sorry", actor=actor)


def test_the_owner_gets_it_and_the_sitter_keeps_theirs(released, agent, stripe_sandbox):
    (gift,) = give(released, 3_000, agent)
    assert (gift.status, gift.amount, released.hold.state) == ("paid", usd(3_000), "released")
    assert (system_balance("goodwill"), system_balance("revenue_sitter_fee")) == (3_000, 1_500)
    assert stripe_sandbox.objects("transfer_reversal") == []
    assert ledger.check().ok


def test_never_more_than_was_paid_less_what_went_back(released, agent, stripe_sandbox):
    give(released, 3_000, agent)
    with pytest.raises(InvalidInput) as refusal:
        give(released, 8_001, agent)
    assert list(refusal.value.details) == ["amount_minor"]
    give(released, 8_000, agent)
    assert sum(row["amount"] for row in stripe_sandbox.objects("refund")) == 11_000


def test_what_was_given_cannot_be_clawed_back_for_the_owner_again(released, agent, stripe_sandbox):
    give(released, 8_000, agent)
    with pytest.raises(Conflict) as refusal:
        claw(released, 3_001, 0, agent)
    assert (refusal.value.code, released.hold.state) == ("refund_exceeds_payment", "released")
    assert stripe_sandbox.objects("transfer_reversal") == []


def test_before_the_payout_it_is_refused(story, agent):
    story.pay()
    with pytest.raises(Conflict) as refusal:
        give(story, 1, agent)
    assert (refusal.value.code, Goodwill.objects.count()) == ("not_paid_out", 0)


def test_a_gift_that_the_bank_returns_costs_nothing(released, agent):
    give(released, 3_000, agent)
    fail_refund(Goodwill.objects.get().gateway_refund_id)
    assert (Goodwill.objects.get().status, system_balance("goodwill")) == ("failed", 0)
    assert ledger.check().ok
