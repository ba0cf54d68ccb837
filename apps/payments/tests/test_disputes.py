"""Disputes are recorded from facts: any order, repeated, late; the ledger follows the gateway's account."""

from typing import Any

import pytest
from django.db import transaction

from apps.common.errors import Conflict
from apps.ledger import selectors as ledger
from apps.ledger import services as posting
from apps.ledger.types import AccountRef, credit, debit
from apps.payments import purposes, selectors, services
from apps.payments.models import Dispute, DisputeMovement, Payment, Refund, Transfer, WebhookEvent
from apps.payments.services import disputing
from apps.payments.tests.conftest import Diary, paid, usd
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_moving import refund, transfer
from apps.payments.types import DisputeView, PayeeView, PaymentView

pytestmark = pytest.mark.django_db
FEE = 1_500


def disputed(sandbox: Sandbox, **form: Any) -> tuple[PaymentView, str]:
    """Return a payment that its payer's bank disputes, and the gateway's id of that."""
    payment = paid(10_000)
    sandbox.deliver_webhooks()
    charge = Payment.objects.get(public_id=payment.id).charge_id
    return payment, str(sandbox.dispute(charge, **form)["id"])


def balance(kind: str) -> int:
    """Return an account's balance, debit positive."""
    return ledger.balance(AccountRef(kind), "USD").amount_minor


def only(payment: PaymentView) -> DisputeView:
    """Return the payment's one dispute."""
    (view,) = selectors.disputes_of(payment.id)
    return view


def test_money_that_a_bank_takes_waits_in_suspense(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment, dispute = disputed(stripe_sandbox, amount=4_000, reason="duplicate")

    stripe_sandbox.deliver_webhooks()

    view = only(payment)
    assert (view.status, view.reason, view.amount, view.provider_id) == ("open", "duplicate", usd(4_000), dispute)
    assert (view.withdrawn, view.fee, view.subject) == (usd(4_000), usd(FEE), "hold-1")
    assert view.evidence_due_at is not None
    assert selectors.open_dispute(payment.id) == view
    assert (balance("dispute_suspense"), balance("dispute_fees")) == (4_000, FEE)
    assert balance("stripe_clearing") == -4_000 - FEE
    assert diary.lines[-1] == ("dispute_opened", view)


def test_one_that_is_won_gives_the_money_back_and_keeps_the_fee(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment, dispute = disputed(stripe_sandbox)
    stripe_sandbox.deliver_webhooks()
    stripe_sandbox.resolve_dispute(dispute, "won")

    stripe_sandbox.deliver_webhooks()

    assert (only(payment).status, only(payment).withdrawn) == ("won", usd(0))
    assert (balance("dispute_suspense"), balance("dispute_fees"), balance("stripe_clearing")) == (0, FEE, -FEE)
    assert diary.told == ["succeeded", "dispute_opened", "dispute_won"]
    assert selectors.open_dispute(payment.id) is None
    assert refund(payment, usd(10_000)).status == "prepared"


def test_one_that_is_lost_is_borne_by_the_platform_unless_a_purpose_says_otherwise(
    stripe_sandbox: Sandbox, diary: Diary
) -> None:
    payment, dispute = disputed(stripe_sandbox)
    stripe_sandbox.deliver_webhooks()
    stripe_sandbox.resolve_dispute(dispute, "lost")

    stripe_sandbox.deliver_webhooks()

    assert diary.told == ["succeeded", "dispute_opened", "dispute_lost"]
    assert (balance("dispute_suspense"), balance("dispute_loss"), balance("dispute_fees")) == (0, 10_000, FEE)
    assert selectors.uncommitted(payment.id) == usd(0)
    with pytest.raises(Conflict) as refusal:
        refund(payment, usd(1))
    assert refusal.value.code == "refund_exceeds_payment"


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_order_repeats_and_lateness_change_nothing(stripe_sandbox: Sandbox, diary: Diary, outcome: str) -> None:
    payment, dispute = disputed(stripe_sandbox)
    stripe_sandbox.resolve_dispute(dispute, outcome)
    told = [event for event in stripe_sandbox.events() if event["type"].startswith("charge.dispute.")]

    for event in [*reversed(told), *told]:
        assert stripe_sandbox.post_webhook(event).status_code == 200
        services.process_due()

    lost = 10_000 if outcome == "lost" else 0
    assert diary.told == ["succeeded", "dispute_opened", f"dispute_{outcome}"]
    assert (balance("dispute_suspense"), balance("dispute_loss")) == (0, lost)
    assert balance("stripe_clearing") == -lost - FEE
    assert DisputeMovement.objects.count() == 1
    assert only(payment).status == outcome


def test_an_inquiry_blocks_and_moves_nothing_until_it_becomes_a_chargeback(
    stripe_sandbox: Sandbox, diary: Diary
) -> None:
    payment, dispute = disputed(stripe_sandbox, inquiry="true")
    stripe_sandbox.deliver_webhooks()
    assert (only(payment).status, only(payment).withdrawn) == ("inquiry", usd(0))
    assert DisputeMovement.objects.count() == 0
    with pytest.raises(Conflict, match="bank disputes"):
        refund(payment, usd(1))

    stripe_sandbox.resolve_dispute(dispute, "escalated")
    stripe_sandbox.deliver_webhooks()

    assert (only(payment).status, only(payment).withdrawn) == ("open", usd(10_000))
    assert diary.told == ["succeeded", "dispute_opened", "dispute_opened"]
    assert balance("dispute_suspense") == 10_000


def test_an_inquiry_that_comes_to_nothing_lets_money_move_again(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment, dispute = disputed(stripe_sandbox, inquiry="true")
    stripe_sandbox.deliver_webhooks()
    stripe_sandbox.resolve_dispute(dispute, "won")
    stripe_sandbox.deliver_webhooks()

    assert only(payment).status == "closed"
    assert diary.told == ["succeeded", "dispute_opened", "dispute_won"]
    assert refund(payment, usd(1)).status == "prepared"


def test_nothing_leaves_a_payment_while_it_is_disputed(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    payment, _ = disputed(stripe_sandbox, amount=100)
    stripe_sandbox.deliver_webhooks()

    for move in (lambda: refund(payment, usd(1)), lambda: transfer(payment, usd(1), payee.id)):
        with pytest.raises(Conflict) as refusal:
            move()
        assert refusal.value.code == "payment_disputed"
    assert (Refund.objects.count(), Transfer.objects.count()) == (0, 0)


def test_a_transfer_that_was_prepared_before_the_dispute_is_not_sent(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView
) -> None:
    payment = paid(10_000)
    prepared = transfer(payment, usd(8_000), payee.id)
    stripe_sandbox.dispute(Payment.objects.get().charge_id)
    stripe_sandbox.deliver_webhooks()

    view = services.execute_transfer(prepared.id)

    assert (view.status, view.failure_code) == ("failed", "payment_disputed")
    assert stripe_sandbox.objects("transfer") == []
    assert diary.told[-1] == "transfer_failed"


def test_facts_that_were_asked_for_earlier_do_not_undo_later_ones(stripe_sandbox: Sandbox, diary: Diary) -> None:
    from apps.payments.gateways.current import gateway

    payment, dispute = disputed(stripe_sandbox)
    before, facts = disputing.asked_at(), gateway().retrieve_dispute(dispute)
    stripe_sandbox.resolve_dispute(dispute, "won")
    stripe_sandbox.deliver_webhooks()
    assert facts is not None
    assert facts.status == "needs_response"

    with transaction.atomic():
        disputing.record_dispute(Payment.objects.get().pk, facts, before)

    assert only(payment).status == "won"
    assert balance("dispute_suspense") == 0


def test_a_bank_that_changes_its_mind_after_a_loss_moves_the_loss_alone(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment, dispute = disputed(stripe_sandbox)
    stripe_sandbox.resolve_dispute(dispute, "lost")
    stripe_sandbox.deliver_webhooks()
    (body,) = stripe_sandbox.objects("dispute")
    given_back = {**body["balance_transactions"][0], "id": "txn_back", "amount": 10_000, "fee": 0, "net": 10_000}
    with stripe_sandbox.server.store.transaction():
        moved = [*body["balance_transactions"], given_back]
        stripe_sandbox.server.store.save({**body, "status": "won", "balance_transactions": moved})
    event = stripe_sandbox.events("charge.dispute.closed")[0] | {"id": "evt_again"}

    for number in range(2):
        stripe_sandbox.post_webhook(event | {"id": f"evt_again{number}"})
        services.process_due()

    assert only(payment).status == "won"
    assert (balance("dispute_suspense"), balance("dispute_loss"), balance("dispute_fees")) == (0, 0, FEE)
    assert diary.told == ["succeeded", "dispute_opened", "dispute_lost"]


def test_a_dispute_of_nothing_of_ours_is_parked(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment, _ = disputed(stripe_sandbox)
    Payment.objects.filter(public_id=payment.id).update(provider_id="pi_other")

    stripe_sandbox.deliver_webhooks()

    told = WebhookEvent.objects.filter(type__startswith="charge.dispute.")
    assert set(told.values_list("status", flat=True)) == {"parked"}
    assert Dispute.objects.count() == 0


@pytest.mark.parametrize(("field", "value"), [("status", "a_new_word"), ("amount", 10_001), ("currency", "eur")])
def test_what_cannot_be_is_never_recorded(stripe_sandbox: Sandbox, diary: Diary, field: str, value: Any) -> None:
    disputed(stripe_sandbox)
    (body,) = stripe_sandbox.objects("dispute")
    with stripe_sandbox.server.store.transaction():
        stripe_sandbox.server.store.save({**body, field: value})

    stripe_sandbox.deliver_webhooks()

    told = WebhookEvent.objects.filter(type="charge.dispute.created").get()
    assert told.status == "parked"
    assert told.last_error.startswith(("WrongAmount", "UnknownDisputeStatus"))
    assert (Dispute.objects.count(), DisputeMovement.objects.count()) == (0, 0)


def test_a_purpose_may_take_the_loss_out_of_suspense_itself(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bear(view: DisputeView) -> None:
        legs = [debit(AccountRef("goodwill"), view.withdrawn), credit(AccountRef("dispute_suspense"), view.withdrawn)]
        posting.post(kind="test.loss", key=f"test:{view.id}", legs=legs)

    monkeypatch.setattr(purposes.handler_for("test"), "dispute_lost", bear)
    _, dispute = disputed(stripe_sandbox)
    stripe_sandbox.resolve_dispute(dispute, "lost")
    stripe_sandbox.deliver_webhooks()

    assert (balance("dispute_suspense"), balance("dispute_loss"), balance("goodwill")) == (0, 0, 10_000)


def test_a_purpose_that_fails_rolls_the_facts_back_and_is_told_again(stripe_sandbox: Sandbox, diary: Diary) -> None:
    from apps.payments.tests.test_outages import later

    payment, _ = disputed(stripe_sandbox)
    diary.fails = True
    stripe_sandbox.deliver_webhooks()
    assert (selectors.disputes_of(payment.id), balance("dispute_suspense")) == ([], 0)

    diary.fails = False
    with later():
        services.process_due()

    assert diary.told == ["succeeded", "dispute_opened"]
    assert balance("dispute_suspense") == 10_000
