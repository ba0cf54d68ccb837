"""Two at once: one effect at the gateway, one row in the books."""

import pytest

from apps.escrow import services
from apps.escrow.models import HoldTransition, Release
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import VISA, a_day_passes
from apps.ledger import selectors as ledger
from petwash.testing.races import race

pytestmark = pytest.mark.django_db(transaction=True)

MASTERCARD = "pm_card_mastercard"


@pytest.fixture
def due(story):
    """A hold whose 24 hours are over."""
    story.pay()
    story.complete()
    a_day_passes()
    return story


def test_four_who_ask_for_one_payout_get_the_same_one(due, stripe_sandbox):
    payouts = race(*[due.release] * 4)
    assert {payout.id for payout in payouts} == {str(Release.objects.get().public_id)}
    assert len(stripe_sandbox.objects("transfer")) == 1
    assert due.hold.state == "released"
    assert ledger.check().ok


def test_two_payout_runs_and_the_sitter_pay_once(due, stripe_sandbox):
    race(services.release_due_payouts, services.release_due_payouts, due.release)
    assert len(stripe_sandbox.objects("transfer")) == 1
    assert (due.hold.state, due.balances()) == ("released", (0, 0))


def test_a_freeze_comes_before_the_payout_or_after_it_never_between(due, agent, stripe_sandbox):
    def freeze():
        return StayPetEscrow.freeze(booking_id=due.booking_id, actor=agent, reason="a complaint")

    outcome, _ = race(due.release, freeze)
    paid = len(stripe_sandbox.objects("transfer"))
    assert due.hold.frozen
    if outcome == "escrow_frozen":
        assert (paid, due.hold.state, due.balances()) == (0, "release_due", (10_000, 1_000))
    else:
        assert (paid, due.hold.state, due.balances()) == (1, "released", (0, 0))


def test_a_refund_or_a_payout_has_the_money_never_both(due, stripe_sandbox):
    race(lambda: due.refund(10_000, 1_000), due.release)
    refunds = sum(refund["amount"] for refund in stripe_sandbox.objects("refund"))
    transfers = sum(transfer["amount"] for transfer in stripe_sandbox.objects("transfer"))
    assert (refunds, transfers) in {(11_000, 0), (0, 8_500)}
    assert due.balances() == (0, 0)
    assert ledger.check().ok


def test_two_refunds_at_once_never_exceed_what_is_left(story, stripe_sandbox):
    story.pay()
    race(lambda: story.refund(6_000), lambda: story.refund(6_000))
    assert [refund["amount"] for refund in stripe_sandbox.objects("refund")] == [6_000]
    assert story.balances() == (4_000, 1_000)


def test_four_deposits_with_one_card_charge_once(story, stripe_sandbox):
    race(*[story.pay] * 4)
    assert len(stripe_sandbox.objects("charge")) == 1
    assert (story.hold.state, story.balances()) == ("held", (10_000, 1_000))
    assert HoldTransition.objects.filter(new_state="held").count() == 1


def test_deposits_with_two_cards_charge_once(story, stripe_sandbox):
    race(lambda: story.pay(VISA), lambda: story.pay(MASTERCARD))
    charged = [charge for charge in stripe_sandbox.objects("charge") if charge["paid"]]
    assert len(charged) <= 1
    assert story.balances() == ((10_000, 1_000) if charged else (0, 0))
    assert story.hold.state == ("held" if charged else "awaiting_funds")


def test_the_answer_and_the_webhook_of_one_payment_count_once(story, stripe_sandbox, diary):
    race(story.pay, stripe_sandbox.deliver_webhooks, stripe_sandbox.deliver_webhooks)
    stripe_sandbox.deliver_webhooks()
    assert story.balances() == (10_000, 1_000)
    assert diary.funded == [story.booking_id]
