"""A refund by bank transfer, and what happens to the same money meanwhile: bounces, payouts, freezes, disputes."""

from typing import Any

import pytest

from apps.common.errors import InvalidInput
from apps.escrow import services
from apps.escrow.models import ClawBack, Dispute, RefundPart
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import a_day_passes, fail_refund, system_balance
from apps.escrow.tests.paid_out import claw
from apps.escrow.tests.transfers import (
    bank,
    bounce,
    come_back,
    propose,
    refunded,
    refusal_of,
    reject,
    send,
)
from apps.ledger import selectors as ledger
from apps.payments.models import Refund as GatewayRefund


def dispute(story: Any, sandbox: Any, amount: int, outcome: str = "") -> str:
    """The owner's bank disputes the oldest charge, and perhaps decides."""
    opened: str = sandbox.dispute(sandbox.objects("charge")[0]["id"], amount=str(amount))["id"]
    sandbox.deliver_webhooks()
    if outcome:
        decide(sandbox, opened, outcome)
    return opened


def decide(sandbox: Any, opened: str, outcome: str) -> None:
    sandbox.resolve_dispute(opened, outcome)
    sandbox.advance_clock(60)
    sandbox.deliver_webhooks()


def test_a_transfer_that_bounced_is_owed_again(refused: Any, finance_pair: Any, stripe_sandbox: Any) -> None:
    first, second = finance_pair
    row = propose(refused, first)
    assert refusal_of(lambda: come_back(row, second)) == "not_sent"
    come_back(send(row, second), second)
    assert refusal_of(lambda: come_back(row, second)) == "already_returned"
    assert (refused.hold.state, refused.hold.frozen) == ("held", True)
    assert (refused.balances(), bank(), refunded(refused)) == ((10_000, 1_000), 0, [])
    send(propose(refused, second, 4_000, 500, "PW-OTHER-BANK"), first)
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)
    assert ledger.check().ok


def test_a_whole_refund_ends_the_hold_and_a_bounce_opens_it(story: Any, finance_pair: Any) -> None:
    proposer, second = finance_pair
    story.pay()
    bounce(story, 10_000, 1_000)
    row = send(propose(story, proposer, 10_000, 1_000), second)
    assert (story.hold.state, story.balances()) == ("refunded", (0, 0))
    come_back(row, proposer)
    assert (story.hold.state, story.balances(), story.hold.frozen) == ("held", (10_000, 1_000), True)


def test_a_proposal_keeps_its_money_from_payouts_and_refunds(
    refused: Any, finance_pair: Any, stripe_sandbox: Any
) -> None:
    proposer, second = finance_pair
    refused.complete()
    a_day_passes()
    row = propose(refused, proposer)
    with pytest.raises(InvalidInput):
        refused.refund(6_001)
    assert refused.refund(1_000).status == "paid"
    for person in finance_pair:  # lifting takes no second person below the limit
        if refused.hold.frozen:
            StayPetEscrow.lift(booking_id=refused.booking_id, actor=person, reason="settled")
    assert services.release_due_payouts() == 0
    send(row, second)
    assert services.release_due_payouts() == 1
    assert (refused.hold.state, refused.balances(), bank()) == ("released", (0, 0), -4_500)
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [4_250]  # 50.00 less 15 percent
    assert ledger.check().ok


def test_a_card_refund_in_flight_finishes_beside_it(refused: Any, finance_pair: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance_pair
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    refused.refund(1_000)
    send(propose(refused, proposer), second)
    assert refused.hold.state == "refunding"
    fail_refund(str(GatewayRefund.objects.latest("id").public_id))
    assert (refused.hold.state, refused.balances()) == ("held", (6_000, 500))
    assert [
        part.waits.total.amount_minor for part in RefundPart.objects.filter(sent_again_at=None, status="failed")
    ] == [1_000]


def test_what_people_froze_waits_until_they_lift_it(refused: Any, finance_pair: Any, agent: Any) -> None:
    proposer, second = finance_pair
    StayPetEscrow.lift(booking_id=refused.booking_id, actor=proposer, reason="for the test")
    StayPetEscrow.freeze(booking_id=refused.booking_id, actor=agent, reason="a stolen account")
    row = propose(refused, proposer)
    assert refusal_of(lambda: send(row, second)) == "escrow_frozen"
    StayPetEscrow.lift(booking_id=refused.booking_id, actor=agent, reason="it was not stolen")
    send(row, second)
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)


def test_a_dispute_stops_it_and_one_that_is_won_lets_it_go_on(
    refused: Any, finance_pair: Any, stripe_sandbox: Any
) -> None:
    proposer, second = finance_pair
    row = propose(refused, proposer, 1_000, 0)
    opened = dispute(refused, stripe_sandbox, 11_000)
    assert refusal_of(lambda: send(row, second)) == "payment_disputed"
    decide(stripe_sandbox, opened, "won")
    send(row, second)
    dispute(refused, stripe_sandbox, 11_000)
    assert refusal_of(lambda: propose(refused, proposer, 1_000, 0, "PW-2")) == "payment_disputed"
    assert bank() == -1_000


def test_what_a_lost_dispute_left_is_paid(story: Any, finance_pair: Any, stripe_sandbox: Any) -> None:
    """A bank took 44.00 of 110.00; the gateway refunds such a charge no more."""
    proposer, second = finance_pair
    story.pay()
    dispute(story, stripe_sandbox, 4_400, "lost")
    assert story.refund(6_000, 600).status == "failed"
    assert RefundPart.objects.get().failure_code == "charge_disputed"
    send(propose(story, proposer, 6_000, 600), second)
    assert (story.hold.state, story.balances(), bank(), system_balance("dispute_loss")) == (
        "refunded",
        (0, 0),
        -6_600,
        0,
    )
    assert ledger.check().ok


def test_what_a_bank_gave_the_owner_meanwhile_is_not_sent_too(
    refused: Any, finance_pair: Any, stripe_sandbox: Any
) -> None:
    proposer, second = finance_pair
    row = propose(refused, proposer)
    dispute(refused, stripe_sandbox, 11_000, "lost")
    assert (system_balance("dispute_loss"), refused.hold.state) == (4_500, "refunding")
    assert refusal_of(lambda: send(row, second)) == "payment_charged_back"
    reject(row, second)
    assert (refused.hold.state, refused.balances(), system_balance("dispute_loss"), bank()) == (
        "refunded", (0, 0), 0, 0,
    )  # fmt: skip
    assert Dispute.objects.get().borne_minor == 0
    assert refusal_of(lambda: propose(refused, proposer)) in {"already_refunded", "no_refused_refund"}


def test_a_dispute_that_opens_after_the_transfer_is_ours_to_lose(
    refused: Any, finance_pair: Any, stripe_sandbox: Any
) -> None:
    """The owner then has 45.00 twice: the transfer's reference is the evidence."""
    proposer, second = finance_pair
    send(propose(refused, proposer), second)
    dispute(refused, stripe_sandbox, 11_000, "lost")
    assert (refused.hold.state, refused.balances(), system_balance("dispute_loss")) == ("refunded", (0, 0), 4_500)
    assert ledger.check().ok


def test_after_a_payout_the_claw_back_ends_with_the_transfer(
    released: Any, finance_pair: Any, stripe_sandbox: Any
) -> None:
    proposer, second = finance_pair
    assert refusal_of(lambda: propose(released, proposer)) == "no_refused_refund"
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    claw(released, 4_000, 0, proposer)
    fail_refund(str(GatewayRefund.objects.get().public_id))
    assert released.hold.state == "clawing_back"
    row = propose(released, proposer, 4_000, 0)
    reject(row, second)
    assert (released.hold.state, ClawBack.objects.get().status) == ("clawing_back", "refunding")
    send(propose(released, proposer, 4_000, 0), second)
    assert (released.hold.state, released.balances(), bank()) == ("clawed_back", (0, 0), -4_000)
    assert ledger.check().ok


def test_a_refund_that_came_back_after_the_payout_leaves_the_payout_alone(
    story: Any, finance_pair: Any, stripe_sandbox: Any
) -> None:
    proposer, second = finance_pair
    story.pay()
    story.refund(4_000)
    story.complete()
    a_day_passes()
    story.release()
    fail_refund(str(GatewayRefund.objects.get().public_id))
    send(propose(story, proposer, 4_000, 0), second)
    assert (story.hold.state, story.balances(), bank()) == ("released", (0, 0), -4_000)
    assert ledger.check().ok
