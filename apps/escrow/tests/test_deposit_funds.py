"""Money comes in once, whatever the gateway does."""

import pytest
from django.db import transaction

from apps.common.errors import Conflict, NotFound, Unavailable
from apps.common.models import OutboxEvent
from apps.escrow import services
from apps.escrow.models import Funding
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import DECLINED, NEEDS_BANK, VISA
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.gateways.port import MovementFacts
from apps.payments.models import Operation, Payment, Refund
from apps.payments.services import recording
from apps.payments.states import PaymentStatus


def test_a_deposit_holds_stay_and_fee_apart(story, diary):
    result = story.pay()
    assert (result.payment_status, result.hold.state) == ("succeeded", "held")
    assert story.balances() == (10_000, 1_000)
    assert (diary.moves, diary.funded) == (["held"], [story.booking_id])
    assert OutboxEvent.objects.filter(name="escrow.FundsHeld").count() == 1
    assert ledger.check().ok


def test_a_decline_is_told_and_closes_the_attempt(story, diary):
    result = story.pay(DECLINED)
    assert (result.payment_status, result.failure_code, result.hold.state) == (
        "failed", "card_declined", "awaiting_funds",
    )  # fmt: skip
    assert (story.balances(), diary.moves) == ((0, 0), [])
    assert Funding.objects.get().closed_at is not None
    assert OutboxEvent.objects.filter(name="escrow.DepositFailed").count() == 1


def test_what_admit_refuses_never_reaches_the_gateway(story, stripe_sandbox):
    def refuse():
        raise Conflict("too_late", "No.")

    with pytest.raises(Conflict, match="No"):
        StayPetEscrow.deposit_funds(booking_id=story.booking_id, payment_method=VISA, actor=story.owner, admit=refuse)
    assert stripe_sandbox.objects("payment_intent") == []
    assert not Funding.objects.exists()


def test_a_hold_that_is_paid_is_not_paid_again(story, stripe_sandbox):
    story.pay()
    with pytest.raises(Conflict) as refusal:
        story.pay()
    assert refusal.value.code == "already_paid"
    assert len(stripe_sandbox.objects("charge")) == 1


def test_the_same_card_again_resumes_the_attempt_that_waits_for_its_bank(story):
    first, again = story.pay(NEEDS_BANK), story.pay(NEEDS_BANK)
    assert first.client_secret == again.client_secret is not None
    assert Funding.objects.count() == 1


def test_another_card_waits_until_the_first_cannot_take_money(story, stripe_sandbox):
    story.pay(NEEDS_BANK)
    stripe_sandbox.fault("POST", "/v1/payment_intents/.*/cancel", "drop_request", times=50)
    with pytest.raises(Conflict) as refusal:
        story.pay(VISA)
    assert refusal.value.code == "payment_in_progress"
    stripe_sandbox.repair()
    Operation.objects.update(next_attempt_at=story.row.opened_at)
    payments.resume_stale()
    assert story.pay(VISA).hold.state == "held"


def test_a_lost_answer_is_found_again_and_charged_once(story, stripe_sandbox):
    stripe_sandbox.fault("POST", "/v1/payment_intents.*", "drop_answer", times=50)
    with pytest.raises(Unavailable) as refusal:
        story.pay()
    assert refusal.value.code == "payment_unconfirmed"
    stripe_sandbox.repair()
    Operation.objects.update(next_attempt_at=story.row.opened_at)
    payments.resume_stale()
    assert story.hold.state == "held"
    assert len(stripe_sandbox.objects("charge")) == 1


def test_the_webhook_after_the_answer_changes_nothing(story, stripe_sandbox, diary):
    story.pay()
    stripe_sandbox.deliver_webhooks()
    assert (diary.moves, story.balances()) == (["held"], (10_000, 1_000))


def test_an_unknown_booking_has_no_hold(story):
    with pytest.raises(NotFound):
        StayPetEscrow.deposit_funds(booking_id="nope", payment_method=VISA, actor=story.owner, admit=lambda: None)


def test_a_hold_is_voided_only_when_no_money_can_come(story):
    story.pay(NEEDS_BANK)
    with pytest.raises(Conflict) as refusal, transaction.atomic():
        services.void_unpaid(booking_id=story.booking_id, actor=None, reason="late")
    assert refusal.value.code == "payment_in_progress"
    assert services.cancel_attempts(story.booking_id)
    with transaction.atomic():
        services.void_unpaid(booking_id=story.booking_id, actor=None, reason="late")
    assert story.hold.state == "void"


def succeed_late(status: str) -> None:
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(status=status)
        payment.provider_id, payment.charge_id = "pi_late", "ch_late"
        recording.move_payment(payment, PaymentStatus.SUCCEEDED)


def test_money_for_a_void_hold_is_held_all_the_same(story, diary):
    story.pay(NEEDS_BANK)
    services.cancel_attempts(story.booking_id)
    with transaction.atomic():
        services.void_unpaid(booking_id=story.booking_id, actor=None, reason="late")
    succeed_late("cancelled")
    assert (story.hold.state, diary.funded) == ("held", [story.booking_id])
    assert story.balances() == (10_000, 1_000)


def test_money_that_comes_twice_goes_back_once(story, diary):
    story.pay(DECLINED)
    story.pay(VISA)
    succeed_late("failed")
    assert diary.funded == [story.booking_id]
    assert story.balances() == (21_000, 1_000)
    surplus = Funding.objects.get(surplus=True)
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.subject) == (11_000, surplus.payment_id)
    facts = MovementFacts("re_1", our_id=str(refund.public_id), status="succeeded", amount=refund.amount)
    with transaction.atomic():
        recording.record_refund(refund.pk, facts)
    assert story.balances() == (10_000, 1_000)
    assert ledger.check().ok


def answer_refund(status: str) -> None:
    refund = Refund.objects.get()
    facts = MovementFacts("re_1", our_id=str(refund.public_id), status=status, amount=refund.amount)
    with transaction.atomic():
        recording.record_refund(refund.pk, facts)


@pytest.mark.parametrize("answers", [["failed"], ["succeeded", "failed"]])
def test_a_second_payment_that_cannot_go_back_is_held_for_staff_to_see(story, answers):
    story.pay(DECLINED)
    story.pay(VISA)
    succeed_late("failed")
    for answer in answers:
        answer_refund(answer)
    assert story.balances() == (21_000, 1_000)
    assert story.hold.frozen
    assert ledger.check().ok
