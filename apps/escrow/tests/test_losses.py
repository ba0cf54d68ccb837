"""Money of a payment that a bank took back comes to us after all: it pays our loss, and nobody waits for it."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.common.clock import business_now, real_now
from apps.common.errors import InvalidInput
from apps.common.money import Money
from apps.escrow import services
from apps.escrow.models import ClawBack, Dispute
from apps.escrow.services import StayPetEscrow, disputes
from apps.escrow.tests.holds import Story, a_day_passes, fail_refund, swept, system_balance
from apps.escrow.tests.paid_out import claw, pay_out
from apps.ledger import selectors as ledger
from apps.ledger import services as books
from apps.ledger.types import AccountRef, credit, debit
from apps.payments import selectors as payments_q
from apps.payments import services as payments
from apps.payments.models import Operation
from apps.payments.models import Refund as GatewayRefund
from apps.payments.services.operations import ARRIVES_WITHIN


@pytest.fixture
def paid(story: Any) -> Any:
    """A hold with its money."""
    story.pay()
    return story


def disputed(sandbox: Any, **form: Any) -> str:
    dispute: str = sandbox.dispute(sandbox.objects("charge")[0]["id"], **form)["id"]
    sandbox.deliver_webhooks()
    return dispute


def decided(sandbox: Any, dispute: str, outcome: str = "lost") -> None:
    sandbox.resolve_dispute(dispute, outcome)
    sandbox.advance_clock(60)
    sandbox.deliver_webhooks()


def losses() -> tuple[int, int]:
    """Return what is in suspense, and what we lost."""
    return system_balance("dispute_suspense"), system_balance("dispute_loss")


def test_a_refund_that_comes_back_after_a_loss_pays_it(paid: Any, stripe_sandbox: Any) -> None:
    paid.refund(3_000)
    decided(stripe_sandbox, disputed(stripe_sandbox, amount="11000"))
    assert (paid.hold.state, losses()) == ("refunded", (0, 3_000))
    fail_refund(str(GatewayRefund.objects.get().public_id))
    assert (paid.hold.state, paid.hold.frozen, paid.balances(), losses()) == ("refunded", False, (0, 0), (0, 0))
    assert Dispute.objects.get().borne_minor == 0
    assert ledger.check().ok


def test_a_refund_that_the_dispute_refused_is_the_banks_to_give(paid: Any, stripe_sandbox: Any) -> None:
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    paid.refund(3_000)
    dispute = disputed(stripe_sandbox)
    decided(stripe_sandbox, dispute)
    assert (paid.hold.state, losses()) == ("refunding", (0, 3_000))
    stripe_sandbox.repair()
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.balances(), losses(), stripe_sandbox.objects("refund")) == (
        "refunded", (0, 0), (0, 0), [],
    )  # fmt: skip


def test_a_payout_that_was_stopped_pays_the_loss_and_the_hold_ends(paid: Any, agent: Any, stripe_sandbox: Any) -> None:
    paid.complete()
    a_day_passes()
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_request", times=50)
    paid.release()
    StayPetEscrow.freeze(booking_id=paid.booking_id, actor=agent, reason="a stolen card")
    decided(stripe_sandbox, disputed(stripe_sandbox))
    assert (paid.hold.state, losses()) == ("releasing", (0, 11_000))
    stripe_sandbox.repair()
    Operation.objects.update(asked_at=real_now() - 2 * ARRIVES_WITHIN)
    swept(paid.row.opened_at)
    assert (paid.hold.state, paid.balances(), losses()) == ("refunded", (0, 0), (0, 0))
    assert (stripe_sandbox.objects("transfer"), ledger.check().ok) == ([], True)


def test_a_reversal_after_the_loss_pays_it_and_the_claw_back_ends(
    released: Any, agent: Any, stripe_sandbox: Any
) -> None:
    stripe_sandbox.fault("POST", "/v1/transfers/.*/reversals", "drop_request", times=50)
    claw(released, 10_000, 1_000, agent)
    decided(stripe_sandbox, disputed(stripe_sandbox))
    assert (released.hold.state, losses()) == ("clawing_back", (0, 11_000))
    stripe_sandbox.repair()
    swept(released.row.opened_at)
    assert (released.hold.state, released.balances(), losses()) == ("clawed_back", (0, 0), (0, 0))
    assert (stripe_sandbox.objects("refund"), ledger.check().ok) == ([], True)


def test_a_claw_back_whose_refund_the_dispute_refused_ends_with_the_loss(
    released: Any, agent: Any, stripe_sandbox: Any
) -> None:
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    claw(released, 4_000, 0, agent)
    dispute = disputed(stripe_sandbox)
    stripe_sandbox.repair()
    swept(released.row.opened_at)
    assert (released.hold.state, ClawBack.objects.get().last_problem) == ("clawing_back", "charge_disputed")
    decided(stripe_sandbox, dispute)
    assert (released.hold.state, released.balances(), losses()) == ("clawed_back", (0, 0), (0, 7_000))
    services.continue_claw_backs()
    assert ClawBack.objects.get().status == "done"


def test_an_inquiry_that_was_closed_and_is_taken_up_again_blocks_and_is_lost(paid: Any, stripe_sandbox: Any) -> None:
    dispute = disputed(stripe_sandbox, inquiry="true")
    decided(stripe_sandbox, dispute, "won")
    assert not paid.hold.disputed
    row = Dispute.objects.get()
    for status, blocked in (("open", True), ("lost", False)):
        again(row, status)
        assert paid.hold.disputed is blocked
    assert (paid.hold.state, paid.balances(), Dispute.objects.get().status) == ("refunded", (0, 0), "lost")


def again(row: Dispute, status: str) -> None:
    """The payments app tells what the bank says now."""
    view = payments_q.disputes_of(row.funding.payment_id)[0]
    taken = [debit(AccountRef("dispute_suspense"), view.amount), credit(AccountRef("stripe_clearing"), view.amount)]
    with transaction.atomic():
        books.post(kind="dispute.funds", key=f"dispute-funds:{view.id}:again", legs=taken)
        disputes.record(replace(view, status=status, withdrawn=view.amount))


def test_the_stay_of_a_booking_that_a_bank_paid_back_can_be_ended(paid: Any, stripe_sandbox: Any) -> None:
    decided(stripe_sandbox, disputed(stripe_sandbox))
    now = business_now()
    with transaction.atomic():
        view = services.start_release_clock(
            booking_id=paid.booking_id, completed_at=now, scheduled_end_at=now, actor=None, reason="stay completed"
        )
    assert (view.state, view.release_due_at) == ("refunded", None)


def test_dinars_go_back_in_steps_that_a_card_can_be_refunded(
    owner: Any, sitter_user: Any, agent: Any, stripe_sandbox: Any
) -> None:
    payments.open_payee_account(sitter_user)
    with transaction.atomic():
        story = Story.open(str(uuid4()), owner, sitter_user, 12_350, 1_240, "KWD")
    pay_out(story, stripe_sandbox)
    dinars = {"booking_id": story.booking_id, "reason": "why", "actor": agent}

    def claw_back(stay: int) -> Any:
        return StayPetEscrow.claw_back(stay=Money(stay, "KWD"), owner_fee=Money(0, "KWD"), **dinars)

    for act in (lambda: claw_back(1_001), lambda: StayPetEscrow.goodwill(amount=Money(1_001, "KWD"), **dinars)):
        with pytest.raises(InvalidInput) as refusal:
            act()
        ((said,),) = refusal.value.details.values()
        assert said.startswith("must be a multiple of 10")
    assert (story.hold.state, stripe_sandbox.objects("refund")) == ("released", [])
    claw_back(1_010)
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [1_010]
    assert (story.hold.state, ledger.check().ok) == ("clawed_back", True)
