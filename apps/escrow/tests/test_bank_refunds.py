"""What no card could take back is paid by a transfer: two people, one journal, and the owner has it once."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.tests.factories import StaffFactory
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.models import AuditEntry, OutboxEvent
from apps.common.money import Money
from apps.escrow import selectors
from apps.escrow.amounts import Parts
from apps.escrow.bank_references import checked_reference
from apps.escrow.models import BankRefund, BankRefundChange, Refund
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, fail_refund, system_balance
from apps.escrow.tests.transfers import (
    REFERENCE,
    again,
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
from apps.payments import services as payments
from apps.payments.models import Refund as GatewayRefund
from apps.reconciliation import services as reconciliation
from petwash.testing.staff import member_of


def test_two_people_pay_it_and_every_place_knows(refused: Any, finance_pair: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance_pair
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


def test_each_step_has_its_actor_its_reason_and_its_event(refused: Any, finance_pair: Any) -> None:
    proposer, second = finance_pair
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


def test_nobody_sends_alone_and_only_finance_may(refused: Any, finance_pair: Any) -> None:
    proposer, second = finance_pair
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


def test_only_what_a_card_could_not_take_is_paid_so(story: Any, finance_pair: Any) -> None:
    proposer, _ = finance_pair
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
def test_no_more_than_is_owed(refused: Any, finance_pair: Any, stay: int, fee: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        propose(refused, finance_pair[0], stay, fee)
    assert list(refusal.value.details) == [field]
    assert (refused.hold.state, BankRefund.objects.count()) == ("held", 0)


def test_another_currency_is_refused(refused: Any, finance_pair: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        StayPetEscrow.propose_bank_refund(
            booking_id=refused.booking_id, parts=Parts.of(100, 0, "EUR"), reference=REFERENCE, reason="why",
            actor=finance_pair[0],
        )  # fmt: skip
    assert list(refusal.value.details) == ["currency"]


def test_it_is_paid_in_parts_down_to_the_last_cent(refused: Any, finance_pair: Any) -> None:
    first, second = finance_pair
    send(propose(refused, first, 1_500, 0, "PW-1"), second)
    with pytest.raises(InvalidInput) as refusal:
        propose(refused, first, 2_501, 0, "PW-2")
    assert refusal.value.details == {"stay_minor": ["must be between 0 and what the failed refund owes: 25.00 USD."]}
    send(propose(refused, second, 2_500, 500, "PW-2"), first)
    assert refusal_of(lambda: propose(refused, first, 1, 0, "PW-3")) == "no_refused_refund"
    assert refusal_of(lambda: again(refused, first)) == "no_refused_refund"
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)


def test_the_card_gets_only_what_no_transfer_has(refused: Any, finance_pair: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance_pair
    row = propose(refused, proposer, 1_500, 0)
    view = again(refused, second)
    assert (view.status, view.stay.amount_minor, view.owner_fee.amount_minor) == ("paid", 2_500, 500)
    assert refused.hold.state == "refunding"  # the transfer waits for its second person
    send(row, second)
    assert (refused.hold.state, refused.balances(), bank()) == ("held", (6_000, 500), -1_500)
    assert ledger.check().ok


def test_a_rejected_transfer_leaves_the_refund_waiting(refused: Any, finance_pair: Any) -> None:
    proposer, second = finance_pair
    row = propose(refused, proposer)
    again_refused = refusal_of(lambda: again(refused, second))
    assert again_refused == "no_refused_refund"
    reject(row, proposer)
    assert (refused.hold.state, refused.hold.stay_left.amount_minor, refused.hold.frozen) == ("held", 10_000, True)
    assert (refused.balances(), bank(), refunded(refused)) == ((10_000, 1_000), 0, [])
    assert refusal_of(lambda: send(row, second)) == "proposal_decided"
    send(propose(refused, proposer), second)  # under the same reference, which was never used
    assert (refused.balances(), bank()) == ((6_000, 500), -4_500)


def test_a_form_sent_twice_and_a_reference_used_twice_are_refused(refused: Any, finance_pair: Any) -> None:
    proposer, second = finance_pair
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


def test_money_of_two_payments_goes_in_one_transfer(story: Any, finance_pair: Any) -> None:
    proposer, second = finance_pair
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
    owner: Any, sitter_user: Any, stripe_sandbox: Any, finance_pair: Any, currency: str, stay: int, wrong: int
) -> None:
    payments.open_payee_account(sitter_user)
    with transaction.atomic():
        story = Story.open(str(uuid4()), owner, sitter_user, 12_340, 1_240, currency)
    story.pay()
    bounce(story, 12_340)
    with pytest.raises(InvalidInput):
        propose(story, finance_pair[0], wrong, 0)
    send(propose(story, finance_pair[0], stay, 0), finance_pair[1])
    assert (story.balances()[0], bank(currency)) == (12_340 - stay, -stay)
    assert (story.hold.stay_left, ledger.check().ok) == (Money(12_340 - stay, currency), True)


@pytest.mark.parametrize("attack", ["UPDATE {0} SET reason = ''", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_its_history_cannot_be_rewritten(refused: Any, finance_pair: Any, attack: str) -> None:
    propose(refused, finance_pair[0])
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(attack.format("escrow_bank_refund_change"))


def test_a_reason_is_needed(refused: Any, finance_pair: Any) -> None:
    row = propose(refused, finance_pair[0])
    for act in (StayPetEscrow.send_bank_refund, StayPetEscrow.reject_bank_refund):
        with pytest.raises(InvalidInput):
            act(bank_refund_id=str(row.public_id), actor=finance_pair[1], reason=" ")
    with pytest.raises((Conflict, Forbidden)):
        come_back(row, finance_pair[1])
    assert BankRefund.objects.get().status == "proposed"


def test_the_gateway_has_no_refund_of_it_and_no_break(story: Any, finance_pair: Any, stripe_sandbox: Any) -> None:
    proposer, second = finance_pair
    story.pay()
    story.refund(4_000, 500)
    stripe_sandbox.fail_refund(stripe_sandbox.objects("refund")[0]["id"])
    stripe_sandbox.deliver_webhooks()
    send(propose(story, proposer), second)
    report = reconciliation.reconcile()
    assert (report.status, report.breaks_open, report.in_flight) == ("finished", 0, 0)
    (total,) = report.totals
    assert (total.ledger, total.unexplained.amount_minor, bank()) == (total.gateway, 0, -4_500)
