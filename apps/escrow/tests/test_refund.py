"""Refunds by component: within what is left, never twice, never silently failed."""

import pytest
from django.db import transaction

from apps.common.clock import business_now
from apps.common.errors import Conflict, InvalidInput
from apps.common.models import AuditEntry
from apps.escrow import services
from apps.escrow.models import Hold, Refund
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import a_day_passes, system_balance, usd
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.gateways.port import MovementFacts
from apps.payments.models import Operation
from apps.payments.models import Refund as GatewayRefund
from apps.payments.services.recording import record_refund


@pytest.fixture
def paid(story):
    story.pay()
    return story


def test_a_whole_refund_ends_the_hold(paid, diary):
    view = paid.refund(10_000, 1_000)
    assert (view.status, paid.hold.state) == ("paid", "refunded")
    assert paid.balances() == (0, 0)
    assert diary.moves == ["held", "refunding", "refunded"]
    assert ledger.check().ok


def test_after_a_partial_refund_the_hold_goes_on_where_it_stood(paid):
    paid.refund(4_000)
    assert (paid.hold.state, paid.hold.stay_left) == ("held", usd(6_000))
    paid.complete()
    paid.refund(0, 1_000)
    assert paid.hold.state == "release_due"
    a_day_passes()
    assert paid.release().amount == usd(5_100)  # 60.00 less 15 percent
    assert system_balance("revenue_owner_fee") == 0
    assert ledger.check().ok


def test_two_equal_refunds_are_two(paid, stripe_sandbox):
    paid.refund(1_000)
    paid.refund(1_000)
    assert paid.balances() == (8_000, 1_000)
    assert [refund["amount"] for refund in stripe_sandbox.objects("refund")] == [1_000, 1_000]


@pytest.mark.parametrize(
    ("stay", "fee", "field"),
    [(10_001, 0, "stay_minor"), (0, 1_001, "owner_fee_minor"), (-1, 0, "stay_minor"), (0, 0, "amount_minor")],
)
def test_an_impossible_amount_is_named(paid, stripe_sandbox, stay: int, fee: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        paid.refund(stay, fee)
    assert list(refusal.value.details) == [field]
    assert (paid.hold.state, stripe_sandbox.objects("refund")) == ("held", [])


def test_what_went_back_is_not_left_any_more(paid):
    paid.refund(9_000)
    with pytest.raises(InvalidInput):
        paid.refund(1_001)


def test_each_state_without_refundable_money_says_why(story):
    def refused() -> str:
        with pytest.raises(Conflict) as refusal:
            story.refund(1)
        return refusal.value.code

    assert refused() == "nothing_to_refund"
    story.pay()
    story.complete()
    a_day_passes()
    story.release()
    assert refused() == "already_paid_out"


def test_a_refund_under_way_is_not_overtaken(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    assert paid.refund(10_000, 1_000).status == "in_transit"
    assert paid.hold.state == "refunding"
    with pytest.raises(Conflict) as refusal:
        paid.refund(1)
    assert refusal.value.code == "refund_in_progress"


def test_a_stay_that_ends_during_a_refund_is_paid_out_after_it(paid, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    paid.refund(4_000)
    due = paid.complete()
    assert (paid.hold.state, paid.hold.release_due_at) == ("refunding", due)
    stripe_sandbox.repair()
    Operation.objects.update(next_attempt_at=paid.row.opened_at)
    payments.resume_stale()
    assert paid.hold.state == "release_due"
    a_day_passes()
    assert paid.release().amount == usd(5_100)


def test_a_disputed_payment_is_not_refunded(paid, stripe_sandbox):
    Hold.objects.update(disputed_at=business_now())
    with pytest.raises(Conflict) as refusal:
        paid.refund(1)
    assert refusal.value.code == "payment_disputed"
    assert stripe_sandbox.objects("refund") == []


def fail_refund() -> None:
    row = GatewayRefund.objects.get()
    with transaction.atomic():
        record_refund(row.pk, MovementFacts(id="re_x", our_id=str(row.public_id), status="failed", amount=row.amount))


def test_a_refused_refund_keeps_the_money_from_the_sitter_too(paid, stripe_sandbox):
    paid.complete()
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    paid.refund(10_000, 1_000)
    fail_refund()
    assert (paid.hold.state, paid.hold.frozen) == ("release_due", True)
    assert paid.balances() == (10_000, 1_000)
    assert Refund.objects.get().status == "failed"
    a_day_passes()
    assert services.release_due_payouts() == 0


def test_a_refund_that_the_bank_returns_is_held_and_frozen(paid):
    paid.refund(10_000, 1_000)
    fail_refund()
    assert (paid.hold.state, paid.hold.frozen) == ("held", True)
    assert (paid.hold.stay_left, paid.balances()) == (usd(10_000), (10_000, 1_000))
    assert ledger.check().ok


def test_a_frozen_payment_can_go_back_to_the_owner(paid, agent):
    StayPetEscrow.freeze(booking_id=paid.booking_id, actor=agent, reason="a complaint")
    assert paid.refund(10_000, 1_000).status == "paid"


def test_a_refused_refund_is_sent_again_by_staff(paid, agent, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=3)
    paid.refund(4_000)
    fail_refund()
    view = StayPetEscrow.refund_again(booking_id=paid.booking_id, actor=agent, reason="the card works again")
    assert (view.status, view.stay, view.reason) == ("paid", usd(4_000), "staff_decision")
    assert (paid.hold.state, paid.hold.frozen, paid.balances()) == ("held", True, (6_000, 1_000))
    assert [refund["amount"] for refund in stripe_sandbox.objects("refund")] == [4_000]
    entry = AuditEntry.objects.get(action="escrow.refund_again")
    assert (entry.actor_id, entry.reason) == (agent.pk, "the card works again")
    assert ledger.check().ok


def test_only_a_refused_refund_is_sent_again(paid, agent):
    def again() -> str:
        with pytest.raises(Conflict) as refusal:
            StayPetEscrow.refund_again(booking_id=paid.booking_id, actor=agent, reason="once more")
        return refusal.value.code

    assert again() == "no_refused_refund"
    paid.refund(4_000)
    assert again() == "no_refused_refund"
    assert paid.balances() == (6_000, 1_000)
