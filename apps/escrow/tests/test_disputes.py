"""A bank disputes a payment: before the payout, during it and after it; won, lost, or only asked about."""

import pytest

from apps.common.errors import Conflict, InvalidInput
from apps.escrow import services
from apps.escrow.models import ClawBack, Dispute
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import a_day_passes, swept, system_balance, usd
from apps.escrow.tests.paid_out import claw, owed, spend
from apps.ledger import selectors as ledger
from apps.payments import services as payments


@pytest.fixture
def paid(story):
    """A hold with its money."""
    story.pay()
    return story


class Bank:
    """The card's bank."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.ids = []

    def disputes(self, charge=0, **form):
        """Dispute one of the charges; the webhook tells."""
        charge_id = self.sandbox.objects("charge")[charge]["id"]
        self.ids.append(self.sandbox.dispute(charge_id, **form)["id"])
        self.sandbox.deliver_webhooks()

    def decides(self, outcome, number=-1):
        """Decide; the webhook tells."""
        self.sandbox.resolve_dispute(self.ids[number], outcome)
        self.sandbox.advance_clock(60)
        self.sandbox.deliver_webhooks()


@pytest.fixture
def bank(stripe_sandbox):
    """The bank of the only charge, or of the first one."""
    return Bank(stripe_sandbox)


def code(act) -> str:
    with pytest.raises(Conflict) as refusal:
        act()
    return refusal.value.code


def test_an_open_dispute_stops_refund_and_payout(paid, bank, stripe_sandbox):
    paid.complete()
    a_day_passes()
    bank.disputes()
    assert paid.hold.disputed
    assert code(lambda: paid.refund(1)) == "payment_disputed"
    assert code(paid.release) == "payment_disputed"
    assert services.release_due_payouts() == 0
    assert (stripe_sandbox.objects("refund"), stripe_sandbox.objects("transfer")) == ([], [])
    assert (paid.balances(), system_balance("dispute_suspense")) == ((10_000, 1_000), 11_000)


def test_a_won_dispute_goes_on_where_it_stood(paid, bank):
    paid.complete()
    a_day_passes()
    bank.disputes()
    bank.decides("won")
    assert (paid.hold.disputed, paid.hold.state, system_balance("dispute_suspense")) == (False, "release_due", 0)
    assert paid.release().amount == usd(8_500)


def test_a_lost_dispute_before_the_payout_takes_what_is_held(paid, bank):
    bank.disputes()
    bank.decides("lost")
    assert (paid.hold.state, paid.hold.disputed, paid.balances()) == ("refunded", False, (0, 0))
    assert (system_balance("dispute_suspense"), system_balance("dispute_loss")) == (0, 0)
    assert ledger.check().ok


def test_a_partial_loss_is_shared_by_the_components_and_the_rest_is_paid_out(paid, bank):
    paid.complete()
    a_day_passes()
    bank.disputes(amount="2200")
    bank.decides("lost")
    assert (paid.hold.state, paid.balances()) == ("release_due", (8_000, 800))
    assert paid.release().amount == usd(6_800)
    assert (system_balance("dispute_loss"), system_balance("revenue_owner_fee")) == (0, 800)


def test_an_inquiry_blocks_and_moves_nothing(paid, bank):
    bank.disputes(inquiry="true")
    assert (paid.hold.disputed, system_balance("dispute_suspense")) == (True, 0)
    assert code(lambda: paid.refund(1)) == "payment_disputed"
    bank.decides("won")
    assert (paid.hold.disputed, paid.hold.state, Dispute.objects.get().status) == (False, "held", "closed")


def test_an_inquiry_that_becomes_a_dispute_is_lost_like_one(paid, bank):
    bank.disputes(inquiry="true")
    bank.decides("escalated")
    assert (Dispute.objects.get().status, system_balance("dispute_suspense")) == ("open", 11_000)
    bank.decides("lost")
    assert (paid.hold.state, paid.balances()) == ("refunded", (0, 0))
    assert list(Dispute.objects.get().changes.order_by("id").values_list("status", flat=True)) == [
        "inquiry", "open", "lost",
    ]  # fmt: skip


def test_what_was_refunded_before_is_our_loss(paid, bank):
    paid.refund(3_000)
    bank.disputes(amount="11000")
    bank.decides("lost")
    assert (paid.hold.state, paid.balances(), system_balance("dispute_loss")) == ("refunded", (0, 0), 3_000)


def test_one_of_two_payments_is_lost_and_the_other_is_paid_out(paid, bank):
    paid.add(2_000, 200)
    paid.complete()
    a_day_passes()
    bank.disputes(charge=0)
    bank.decides("lost")
    assert (paid.hold.state, paid.balances()) == ("release_due", (2_000, 200))
    assert paid.release().amount == usd(1_700)


def test_two_disputes_block_until_both_are_decided(paid, bank):
    paid.add(2_000, 200)
    bank.disputes(charge=0)
    bank.disputes(charge=1)
    bank.decides("won", number=0)
    assert paid.hold.disputed
    bank.decides("won", number=1)
    assert not paid.hold.disputed


def test_a_dispute_after_the_transfer_was_sent_does_not_call_it_back(paid, bank, stripe_sandbox):
    paid.complete()
    a_day_passes()
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_answer", times=50)
    paid.release()
    bank.disputes()
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.hold.disputed) == ("released", True)
    bank.decides("lost")
    assert (paid.hold.state, system_balance("dispute_loss"), len(stripe_sandbox.objects("transfer"))) == (
        "released", 11_000, 1,
    )  # fmt: skip


def test_after_the_payout_a_loss_is_ours_and_nothing_goes_back_twice(released, bank, agent, stripe_sandbox):
    bank.disputes()
    assert (released.hold.disputed, released.hold.state) == (True, "released")
    assert code(lambda: claw(released, 1, 0, agent)) == "payment_disputed"
    bank.decides("lost")
    assert (released.hold.disputed, system_balance("dispute_loss")) == (False, 11_000)
    assert code(lambda: claw(released, 1, 0, agent)) == "charged_back"
    assert (stripe_sandbox.objects("refund"), ClawBack.objects.count()) == ([], 0)


def test_finance_recovers_a_loss_from_the_sitter_up_to_the_payout(released, bank, agent, stripe_sandbox):
    bank.disputes()
    bank.decides("lost")
    spend(stripe_sandbox, 6_000)

    def recover(minor):
        return StayPetEscrow.recover(booking_id=released.booking_id, amount=usd(minor), reason="a fake", actor=agent)

    with pytest.raises(InvalidInput):
        recover(8_501)
    view = recover(8_500)
    assert (view.aim, view.status, view.reversed, owed(released)) == ("recovery", "done", usd(2_500), 6_000)
    assert (released.hold.state, system_balance("dispute_loss")) == ("clawback_short", 2_500)
    with pytest.raises(InvalidInput):
        recover(1)
    assert stripe_sandbox.objects("refund") == []
    assert ledger.check().ok


def test_without_a_loss_nothing_is_recovered(released, agent):
    assert (
        code(lambda: StayPetEscrow.recover(booking_id=released.booking_id, amount=usd(1), reason="why", actor=agent))
        == "no_loss"
    )


def test_a_dispute_in_the_middle_of_a_claw_back_makes_the_refund_wait(released, bank, agent, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/transfers/.*/reversals", "drop_request", times=50)
    claw(released, 4_000, 0, agent)
    bank.disputes()
    stripe_sandbox.repair()
    swept(released.row.opened_at)
    row = ClawBack.objects.get()
    assert (row.status, row.last_problem, released.balances()) == ("reversed", "payment_disputed", (4_000, 0))
    assert services.continue_claw_backs() == 1
    assert stripe_sandbox.objects("refund") == []
    bank.decides("won")
    services.continue_claw_backs()
    assert (released.hold.state, [row["amount"] for row in stripe_sandbox.objects("refund")]) == (
        "clawed_back", [4_000],
    )  # fmt: skip


def test_a_dispute_lost_in_the_middle_of_a_claw_back_takes_what_came_back(released, bank, agent, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/transfers/.*/reversals", "drop_request", times=50)
    claw(released, 10_000, 1_000, agent)
    bank.disputes()
    stripe_sandbox.repair()
    swept(released.row.opened_at)
    bank.decides("lost")
    assert (released.hold.state, released.balances(), stripe_sandbox.objects("refund")) == ("clawed_back", (0, 0), [])
    assert (system_balance("dispute_loss"), system_balance("dispute_suspense")) == (0, 0)
    assert ledger.check().ok


def test_the_same_news_twice_change_nothing(paid, bank, stripe_sandbox):
    bank.disputes()
    bank.decides("lost")
    for event in stripe_sandbox.events():
        stripe_sandbox.post_webhook({**event, "id": f"{event['id']}again"})
    payments.process_due()
    assert (Dispute.objects.count(), paid.hold.state, system_balance("dispute_suspense")) == (1, "refunded", 0)
    assert ledger.check().ok
