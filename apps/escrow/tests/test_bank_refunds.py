"""What no card could take back is paid by a transfer: two people, one journal, and the owner has it once."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.tests.factories import StaffFactory
from apps.common.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from apps.common.models import AuditEntry, OutboxEvent
from apps.common.money import Money
from apps.escrow import selectors, services
from apps.escrow.amounts import Parts
from apps.escrow.bank_references import checked_reference
from apps.escrow.models import BankRefund, BankRefundChange, ClawBack, Dispute, Refund, RefundPart
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, a_day_passes, fail_refund, system_balance
from apps.escrow.tests.paid_out import claw
from apps.escrow.tests.transfers import REFERENCE, come_back, propose, reject, send
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments
from apps.payments.models import Refund as GatewayRefund
from apps.reconciliation import services as reconciliation
from petwash.testing.staff import member_of


@pytest.fixture
def finance(db: Any) -> tuple[Any, Any]:
    """Two people of Finance."""
    return member_of("Finance"), member_of("Finance")


@pytest.fixture
def refused(story: Any) -> Any:
    """A hold of 110.00 whose refund of 40.00 and 5.00 came back: the card is closed. It is held and frozen."""
    story.pay()
    bounce(story, 4_000, 500)
    return story


def bounce(story: Any, stay: int, fee: int = 0) -> None:
    """Refund by card, and let the owner's bank return it."""
    story.refund(stay, fee)
    fail_refund(str(GatewayRefund.objects.latest("id").public_id))


def refusal_of(act: Any) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def bank(currency: str = "USD") -> int:
    return ledger.balance(AccountRef("bank"), currency).amount_minor


def refunded(story: Any) -> list[tuple[int, str]]:
    places = selectors.whereabouts(story.booking_id)
    return [(p.amount.amount_minor, p.why) for p in places if p.place == "refunded_to_owner"]


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


def test_two_people_pay_it_and_every_place_knows(refused: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
    clearing = system_balance("stripe_clearing")
    row = propose(refused, proposer)
    assert (refused.hold.state, refused.hold.stay_left.amount_minor, refused.balances()) == (
        "refunding", 6_000, (10_000, 1_000),
    )  # fmt: skip
    send(row, second)
    assert (refused.hold.state, refused.balances()) == ("held", (6_000, 500))
    assert (system_balance("stripe_clearing"), bank()) == (clearing, -4_500)
    (journal,) = ledger.journals_under([f"escrow-refund:{row.refund.parts.get().public_id}"])
    assert (journal.kind, sorted((leg.account.kind, leg.amount.amount_minor) for leg in journal.legs)) == (
        "escrow.bank_refund", [("bank", -4_500), ("escrow", 4_000), ("owner_fee_deferred", 500)],
    )  # fmt: skip
    assert refunded(refused) == [(4_500, "Sent to the owner by bank transfer (staff decision).")]
    held = sum(place.amount.amount_minor for place in selectors.whereabouts(refused.booking_id))
    assert held == selectors.money_of(refused.booking_id).paid_in.amount_minor == 11_000
    assert [view.status for view in selectors.refunds_of(refused.booking_id)] == ["failed", "paid"]
    assert len(stripe_sandbox.objects("refund")) == 1
    assert ledger.check().ok


def test_each_step_has_its_actor_its_reason_and_its_event(refused: Any, finance: Any) -> None:
    proposer, second = finance
    row = come_back(send(propose(refused, proposer), second), proposer)
    steps = BankRefundChange.objects.filter(bank_refund=row).order_by("id")
    assert [(step.old_status, step.new_status, step.actor, step.reason) for step in steps] == [
        ("", "proposed", proposer, "The card is closed."),
        ("proposed", "sent", second, "Looked at it."),
        ("sent", "returned", proposer, "It bounced."),
    ]
    audited = AuditEntry.objects.filter(action__startswith="escrow.bank_refund").order_by("id")
    assert [entry.action.rpartition("_")[2] for entry in audited] == ["proposed", "sent", "returned"]
    told = OutboxEvent.objects.filter(name__endswith="BankRefundMoved").order_by("id")
    assert [(event.payload["status"], event.payload["amount_minor"]) for event in told] == [
        ("proposed", 4_500), ("sent", 4_500), ("returned", 4_500),
    ]  # fmt: skip


def test_nobody_sends_alone_and_only_finance_may(refused: Any, finance: Any) -> None:
    proposer, second = finance
    safety, nobody = member_of("Trust & Safety"), StaffFactory.create(is_superuser=False)
    for stranger in (safety, nobody, refused.owner):
        assert refusal_of(lambda who=stranger: propose(refused, who)) == "not_allowed_to_refund"
    row = propose(refused, proposer)
    for act in (send, reject, come_back):
        assert refusal_of(lambda act=act: act(row, safety)) == "not_allowed_to_refund"
    assert refusal_of(lambda: send(row, proposer)) == "second_person_required"
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        BankRefund.objects.update(status="sent", decided_by=proposer)
    proposer.groups.clear()
    assert refusal_of(lambda: send(row, second)) == "proposer_left"
    assert (refused.balances(), bank()) == ((10_000, 1_000), 0)


def test_only_what_a_card_could_not_take_is_paid_so(story: Any, finance: Any) -> None:
    proposer, _ = finance
    story.pay()
    assert refusal_of(lambda: propose(story, proposer)) == "no_refused_refund"
    story.refund(4_000)
    assert refusal_of(lambda: propose(story, proposer)) == "no_refused_refund"
    with pytest.raises(NotFound):
        StayPetEscrow.send_bank_refund(bank_refund_id=str(uuid4()), actor=proposer, reason="why")


@pytest.mark.parametrize(
    ("stay", "fee", "field"),
    [(4_001, 0, "stay_minor"), (0, 501, "owner_fee_minor"), (-1, 500, "stay_minor"), (0, 0, "amount_minor")],
)
def test_no_more_than_is_owed(refused: Any, finance: Any, stay: int, fee: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        propose(refused, finance[0], stay, fee)
    assert list(refusal.value.details) == [field]
    assert (refused.hold.state, BankRefund.objects.count()) == ("held", 0)


def test_another_currency_is_refused(refused: Any, finance: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        StayPetEscrow.propose_bank_refund(
            booking_id=refused.booking_id, parts=Parts.of(100, 0, "EUR"), reference=REFERENCE, reason="why",
            actor=finance[0],
        )  # fmt: skip
    assert list(refusal.value.details) == ["currency"]


def test_it_is_paid_in_parts_down_to_the_last_cent(refused: Any, finance: Any) -> None:
    first, second = finance
    send(propose(refused, first, 1_500, 0, "PW-1"), second)
    with pytest.raises(InvalidInput) as refusal:
        propose(refused, first, 2_501, 0, "PW-2")
    assert refusal.value.details == {"stay_minor": ["must be between 0 and what the failed refund owes: 25.00 USD."]}
    send(propose(refused, second, 2_500, 500, "PW-2"), first)
    assert refusal_of(lambda: propose(refused, first, 1, 0, "PW-3")) == "no_refused_refund"
    assert refusal_of(lambda: again(refused, first)) == "no_refused_refund"
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)


def again(story: Any, actor: Any) -> Any:
    return StayPetEscrow.refund_again(booking_id=story.booking_id, actor=actor, reason="the card works again")


def test_the_card_gets_only_what_no_transfer_has(refused: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
    row = propose(refused, proposer, 1_500, 0)
    view = again(refused, second)
    assert (view.status, view.stay.amount_minor, view.owner_fee.amount_minor) == ("paid", 2_500, 500)
    assert refused.hold.state == "refunding"  # the transfer waits for its second person
    send(row, second)
    assert (refused.hold.state, refused.balances(), bank()) == ("held", (6_000, 500), -1_500)
    assert ledger.check().ok


def test_a_rejected_transfer_leaves_the_refund_waiting(refused: Any, finance: Any) -> None:
    proposer, second = finance
    row = propose(refused, proposer)
    again_refused = refusal_of(lambda: again(refused, second))
    assert again_refused == "no_refused_refund"
    reject(row, proposer)
    assert (refused.hold.state, refused.hold.stay_left.amount_minor, refused.hold.frozen) == ("held", 10_000, True)
    assert (refused.balances(), bank(), refunded(refused)) == ((10_000, 1_000), 0, [])
    assert refusal_of(lambda: send(row, second)) == "proposal_decided"
    send(propose(refused, proposer), second)  # under the same reference, which was never used
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)


def test_a_form_sent_twice_and_a_reference_used_twice_are_refused(refused: Any, finance: Any) -> None:
    proposer, second = finance
    row = propose(refused, proposer, 1_000, 0)
    assert refusal_of(lambda: propose(refused, proposer, 1_000, 0)) == "proposal_waiting"
    send(row, second)
    assert refusal_of(lambda: send(row, second)) == "proposal_decided"
    assert refusal_of(lambda: propose(refused, proposer, 1_000, 0, " pw-refund-0001 ")) == "reference_used"
    assert (BankRefund.objects.count(), bank(), refused.hold.state) == (1, -1_000, "held")


@pytest.mark.parametrize(
    "reference",
    ["abc", "x" * 36, "a\nb\u200bcd", "GB82 WEST 1234 5698 7654 32", "Card 4242 4242 4242 4242", "<script>"],
)
def test_a_reference_is_no_account_and_no_card(reference: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_reference(reference)
    assert list(refusal.value.details) == ["reference"]


def test_a_reference_is_kept_in_one_spelling() -> None:
    assert checked_reference("  pw-7  refund, GB 2026 ") == "PW-7 REFUND, GB 2026"


def test_a_transfer_that_bounced_is_owed_again(refused: Any, finance: Any, stripe_sandbox: Any) -> None:
    first, second = finance
    row = propose(refused, first)
    assert refusal_of(lambda: come_back(row, second)) == "not_sent"
    come_back(send(row, second), second)
    assert refusal_of(lambda: come_back(row, second)) == "already_returned"
    assert (refused.hold.state, refused.hold.frozen) == ("held", True)
    assert (refused.balances(), bank(), refunded(refused)) == ((10_000, 1_000), 0, [])
    send(propose(refused, second, 4_000, 500, "PW-OTHER-BANK"), first)
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)
    assert ledger.check().ok


def test_a_whole_refund_ends_the_hold_and_a_bounce_opens_it(story: Any, finance: Any) -> None:
    proposer, second = finance
    story.pay()
    bounce(story, 10_000, 1_000)
    row = send(propose(story, proposer, 10_000, 1_000), second)
    assert (story.hold.state, story.balances()) == ("refunded", (0, 0))
    come_back(row, proposer)
    assert (story.hold.state, story.balances(), story.hold.frozen) == ("held", (10_000, 1_000), True)


def test_a_proposal_keeps_its_money_from_payouts_and_refunds(refused: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
    refused.complete()
    a_day_passes()
    row = propose(refused, proposer)
    with pytest.raises(InvalidInput):
        refused.refund(6_001)
    assert refused.refund(1_000).status == "paid"
    for person in finance:  # lifting takes no second person below the limit
        if refused.hold.frozen:
            StayPetEscrow.lift(booking_id=refused.booking_id, actor=person, reason="settled")
    assert services.release_due_payouts() == 0
    send(row, second)
    assert services.release_due_payouts() == 1
    assert (refused.hold.state, refused.balances(), bank()) == ("released", (0, 0), -4_500)
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [4_250]  # 50.00 less 15 percent
    assert ledger.check().ok


def test_a_card_refund_in_flight_finishes_beside_it(refused: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=50)
    refused.refund(1_000)
    send(propose(refused, proposer), second)
    assert refused.hold.state == "refunding"
    fail_refund(str(GatewayRefund.objects.latest("id").public_id))
    assert (refused.hold.state, refused.balances()) == ("held", (6_000, 500))
    assert [
        part.waits.total.amount_minor for part in RefundPart.objects.filter(sent_again_at=None, status="failed")
    ] == [1_000]


def test_what_people_froze_waits_until_they_lift_it(refused: Any, finance: Any, agent: Any) -> None:
    proposer, second = finance
    StayPetEscrow.lift(booking_id=refused.booking_id, actor=proposer, reason="for the test")
    StayPetEscrow.freeze(booking_id=refused.booking_id, actor=agent, reason="a stolen account")
    row = propose(refused, proposer)
    assert refusal_of(lambda: send(row, second)) == "escrow_frozen"
    StayPetEscrow.lift(booking_id=refused.booking_id, actor=agent, reason="it was not stolen")
    send(row, second)
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)


def test_a_dispute_stops_it_and_one_that_is_won_lets_it_go_on(refused: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
    row = propose(refused, proposer, 1_000, 0)
    opened = dispute(refused, stripe_sandbox, 11_000)
    assert refusal_of(lambda: send(row, second)) == "payment_disputed"
    decide(stripe_sandbox, opened, "won")
    send(row, second)
    dispute(refused, stripe_sandbox, 11_000)
    assert refusal_of(lambda: propose(refused, proposer, 1_000, 0, "PW-2")) == "payment_disputed"
    assert bank() == -1_000


def test_what_a_lost_dispute_left_is_paid(story: Any, finance: Any, stripe_sandbox: Any) -> None:
    """A bank took 44.00 of 110.00; the gateway refunds such a charge no more."""
    proposer, second = finance
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


def test_what_a_bank_gave_the_owner_meanwhile_is_not_sent_too(refused: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
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
    refused: Any, finance: Any, stripe_sandbox: Any
) -> None:
    """The owner then has 45.00 twice: the transfer's reference is the evidence."""
    proposer, second = finance
    send(propose(refused, proposer), second)
    dispute(refused, stripe_sandbox, 11_000, "lost")
    assert (refused.hold.state, refused.balances(), system_balance("dispute_loss")) == ("refunded", (0, 0), 4_500)
    assert ledger.check().ok


def test_after_a_payout_the_claw_back_ends_with_the_transfer(released: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
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
    story: Any, finance: Any, stripe_sandbox: Any
) -> None:
    proposer, second = finance
    story.pay()
    story.refund(4_000)
    story.complete()
    a_day_passes()
    story.release()
    fail_refund(str(GatewayRefund.objects.get().public_id))
    send(propose(story, proposer, 4_000, 0), second)
    assert (story.hold.state, story.balances(), bank()) == ("released", (0, 0), -4_000)
    assert ledger.check().ok


def test_money_of_two_payments_goes_in_one_transfer(story: Any, finance: Any) -> None:
    proposer, second = finance
    story.pay()
    story.add(5_000, 500)
    story.refund(15_000, 1_500)
    for row in GatewayRefund.objects.all():
        fail_refund(str(row.public_id))
    send(propose(story, proposer, 14_000, 1_500), second)
    assert (story.hold.state, story.balances(), bank()) == ("held", (1_000, 0), -15_500)
    assert [refund.status for refund in Refund.objects.order_by("id")] == ["failed", "paid"]
    assert ledger.check().ok


@pytest.mark.parametrize(("currency", "stay", "wrong"), [("JPY", 4_001, 12_346), ("KWD", 4_010, 4_011)])
def test_yen_and_dinars_are_exact(
    owner: Any, sitter_user: Any, stripe_sandbox: Any, finance: Any, currency: str, stay: int, wrong: int
) -> None:
    payments.open_payee_account(sitter_user)
    with transaction.atomic():
        story = Story.open(str(uuid4()), owner, sitter_user, 12_340, 1_240, currency)
    story.pay()
    bounce(story, 12_340)
    with pytest.raises(InvalidInput):
        propose(story, finance[0], wrong, 0)
    send(propose(story, finance[0], stay, 0), finance[1])
    assert (story.balances()[0], bank(currency)) == (12_340 - stay, -stay)
    assert (story.hold.stay_left, ledger.check().ok) == (Money(12_340 - stay, currency), True)


@pytest.mark.parametrize("attack", ["UPDATE {0} SET reason = ''", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_its_history_cannot_be_rewritten(refused: Any, finance: Any, attack: str) -> None:
    propose(refused, finance[0])
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(attack.format("escrow_bank_refund_change"))


def test_a_reason_is_needed(refused: Any, finance: Any) -> None:
    row = propose(refused, finance[0])
    for act in (StayPetEscrow.send_bank_refund, StayPetEscrow.reject_bank_refund):
        with pytest.raises(InvalidInput):
            act(bank_refund_id=str(row.public_id), actor=finance[1], reason=" ")
    with pytest.raises((Conflict, Forbidden)):
        come_back(row, finance[1])
    assert BankRefund.objects.get().status == "proposed"


def test_the_gateway_has_no_refund_of_it_and_no_break(story: Any, finance: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance
    story.pay()
    story.refund(4_000, 500)
    stripe_sandbox.fail_refund(stripe_sandbox.objects("refund")[0]["id"])
    stripe_sandbox.deliver_webhooks()
    send(propose(story, proposer), second)
    report = reconciliation.reconcile()
    assert (report.status, report.breaks_open, report.in_flight) == ("finished", 0, 0)
    (total,) = report.totals
    assert (total.ledger, total.unexplained.amount_minor, bank()) == (total.gateway, 0, -4_500)
