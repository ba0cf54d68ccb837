"""Reversals and disputes with many hands on them at once: one effect outside, one callback, the same end."""

from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.db import transaction

from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import selectors, services
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import DisputeFacts
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.models import DisputeMovement, Operation, Payment, WebhookEvent
from apps.payments.services import disputing
from apps.payments.states import OPEN_OPERATIONS
from apps.payments.tests.conftest import Diary, paid, usd
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_moving import refund
from apps.payments.tests.test_reversing import reversal, sent, taken_back
from apps.payments.types import PayeeView
from petwash.testing.races import crowd, race

pytestmark = pytest.mark.django_db(transaction=True)
FEE = 1_500


def balances() -> dict[str, int]:
    """Return what disputes have left in the books, debit positive."""
    kinds = ("stripe_clearing", "dispute_suspense", "dispute_fees", "dispute_loss")
    return {kind: ledger.balance(AccountRef(kind), "USD").amount_minor for kind in kinds}


def charge_of(payment_id: str) -> str:
    """Return the gateway's id of the payment's charge."""
    return Payment.objects.get(public_id=payment_id).charge_id


@pytest.mark.parametrize(("spent", "back"), [(0, 8_500), (6_000, 2_500)], ids=["covered", "partly covered"])
def test_eight_executions_of_one_reversal_take_the_money_back_once(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView, spent: int, back: int
) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)
    if spent:
        stripe_sandbox.spend(str(payee.provider_account_id), amount=spent)
    prepared = reversal(moved, usd(8_500))

    outcomes = crowd(8, lambda _number: services.execute_reversal(prepared.id).status)

    assert set(outcomes) <= {"sent", "succeeded"}
    assert "succeeded" in outcomes
    assert taken_back(stripe_sandbox) == [back]
    assert diary.told.count("reversal_succeeded") == 1
    assert selectors.reversal(prepared.id).reversed == usd(back)


def test_reversals_at_once_do_not_exceed_the_transfer(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    moved = sent(payee, 8_500, stripe_sandbox)

    outcomes = crowd(6, lambda _number: services.execute_reversal(reversal(moved, usd(4_000)).id).status)

    assert sorted(outcomes) == ["reversal_exceeds_transfer"] * 4 + ["succeeded"] * 2
    assert taken_back(stripe_sandbox) == [4_000, 4_000]


def test_a_dispute_opened_while_a_refund_is_sent_refuses_the_refund(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(10_000)
    stripe_sandbox.deliver_webhooks()
    prepared = refund(payment, usd(4_000))
    ask = StripeGateway.refund

    def after_the_bank(self: StripeGateway, request: Any, *, key: str) -> Any:
        stripe_sandbox.dispute(charge_of(payment.id))
        stripe_sandbox.deliver_webhooks()
        return ask(self, request, key=key)

    monkeypatch.setattr(StripeGateway, "refund", after_the_bank)
    view = services.execute_refund(prepared.id)

    assert (view.status, view.failure_code) == ("failed", "charge_disputed")
    assert stripe_sandbox.objects("refund") == []
    assert diary.told == ["succeeded", "dispute_opened", "refund_failed"]
    assert balances()["dispute_suspense"] == 10_000


def test_a_dispute_opened_before_the_refunds_answer_leaves_both_recorded(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = paid(10_000)
    stripe_sandbox.deliver_webhooks()
    prepared = refund(payment, usd(4_000))
    ask = StripeGateway.refund

    def before_the_answer(self: StripeGateway, request: Any, *, key: str) -> Any:
        facts = ask(self, request, key=key)
        stripe_sandbox.dispute(charge_of(payment.id), amount=6_000)
        stripe_sandbox.deliver_webhooks()
        return facts

    monkeypatch.setattr(StripeGateway, "refund", before_the_answer)

    assert services.execute_refund(prepared.id).status == "succeeded"
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [4_000]
    assert sorted(diary.told) == ["dispute_opened", "refund_succeeded", "succeeded"]
    assert balances()["dispute_suspense"] == 6_000
    assert selectors.uncommitted(payment.id) == usd(0)


def test_a_refund_and_a_dispute_at_once_agree_with_the_gateway(stripe_sandbox: Sandbox, diary: Diary) -> None:
    for _ in range(3):
        diary.lines.clear()
        payment = paid(10_000)
        prepared, charge = refund(payment, usd(4_000)), charge_of(payment.id)

        race(
            lambda: services.execute_refund(prepared.id),  # noqa: B023 - the race ends within the turn
            lambda: (stripe_sandbox.dispute(charge), stripe_sandbox.deliver_webhooks()),  # noqa: B023 - as above
        )
        stripe_sandbox.deliver_webhooks()

        made = [row["amount"] for row in stripe_sandbox.objects("refund") if row["charge"] == charge]
        status = selectors.refund(prepared.id).status
        assert (status, made) in [("succeeded", [4_000]), ("failed", [])]
        assert sorted(diary.told) == sorted(["succeeded", f"refund_{status}", "dispute_opened"])
        assert [view.withdrawn for view in selectors.disputes_of(payment.id)] == [usd(10_000)]
    assert not Operation.objects.filter(status__in=OPEN_OPERATIONS).exists()


@pytest.mark.parametrize(("outcome", "taken", "lost"), [("won", 0, 0), ("lost", 10_000, 10_000)])
def test_all_events_of_a_dispute_at_once_end_where_the_gateway_is(
    stripe_sandbox: Sandbox, diary: Diary, outcome: str, taken: int, lost: int
) -> None:
    payment = paid(10_000)
    dispute = stripe_sandbox.dispute(charge_of(payment.id))["id"]
    stripe_sandbox.resolve_dispute(dispute, outcome)
    for event in reversed(stripe_sandbox.events()):
        stripe_sandbox.post_webhook(event)
    inbox = WebhookEvent.objects.filter(type__startswith="charge.dispute.").values_list("pk", flat=True)
    work = [pk for pk in inbox for _ in range(2)]

    crowd(len(work), lambda number: services.process(work[number]))

    assert diary.told == ["succeeded", "dispute_opened", f"dispute_{outcome}"]
    (view,) = selectors.disputes_of(payment.id)
    assert (view.status, view.withdrawn, view.fee) == (outcome, usd(taken), usd(FEE))
    assert balances() == {
        "stripe_clearing": -taken - FEE,
        "dispute_suspense": 0,
        "dispute_fees": FEE,
        "dispute_loss": lost,
    }


@pytest.mark.parametrize("seed", range(4))
def test_facts_of_any_age_in_any_order_leave_the_newest(stripe_sandbox: Sandbox, diary: Diary, seed: int) -> None:
    payment = paid(10_000)
    dispute = stripe_sandbox.dispute(charge_of(payment.id), inquiry="true")["id"]
    told = [asked(dispute)]
    for outcome in ("escalated", "won"):
        stripe_sandbox.resolve_dispute(dispute, outcome)
        told.append(asked(dispute))
    pk = Payment.objects.get(public_id=payment.id).pk
    told = told * 2
    Random(seed).shuffle(told)

    crowd(len(told), lambda number: record(pk, *told[number]))

    (view,) = selectors.disputes_of(payment.id)
    assert (view.status, view.withdrawn, view.fee) == ("won", usd(0), usd(FEE))
    assert balances() == {
        "stripe_clearing": -FEE,
        "dispute_suspense": 0,
        "dispute_fees": FEE,
        "dispute_loss": 0,
    }
    assert diary.told.count("dispute_won") == 1
    assert diary.told[1] == "dispute_opened"
    assert sum(move.amount_minor for move in DisputeMovement.objects.all()) == 0


def asked(dispute_id: str) -> tuple[DisputeFacts, datetime]:
    """Ask for a dispute's facts now."""
    at = disputing.asked_at()
    facts = gateway().retrieve_dispute(dispute_id)
    assert facts is not None
    return facts, at


def record(payment_pk: int, facts: DisputeFacts, at: datetime) -> None:
    """Record facts in a transaction of their own."""
    with transaction.atomic():
        disputing.record_dispute(payment_pk, facts, at)
