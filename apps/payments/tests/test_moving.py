"""Refunds and transfers: guards, repeats, refusals by the gateway."""

from typing import Any

import pytest
from django.db import transaction

from apps.common.errors import Conflict, DomainError, InvalidInput, NotFound
from apps.common.money import Money
from apps.payments import selectors, services
from apps.payments.models import PayeeAccount, Refund, Transfer
from apps.payments.tests.conftest import Diary, paid, prepare, usd
from apps.payments.tests.fixtures import Sandbox
from apps.payments.types import PayeeView, PaymentView, RefundView, TransferView

pytestmark = pytest.mark.django_db
NOBODY = "0190b5a4-0000-7000-8000-000000000000"


def refund(payment: PaymentView, amount: Money) -> RefundView:
    """Prepare a refund in a transaction of its own."""
    with transaction.atomic():
        return services.prepare_refund(
            payment_id=payment.id, purpose="test", subject="hold-1", amount=amount, reason="owner cancelled"
        )


def transfer(payment: PaymentView, amount: Money, payee_id: str) -> TransferView:
    """Prepare a transfer in a transaction of its own."""
    with transaction.atomic():
        return services.prepare_transfer(
            source_payment_id=payment.id,
            purpose="test",
            subject="hold-1",
            amount=amount,
            payee_id=payee_id,
            transfer_group="b-1",
        )


def test_a_refund_goes_back_once(stripe_sandbox: Sandbox, diary: Diary) -> None:
    prepared = refund(paid(), usd(4_000))

    view = services.execute_refund(prepared.id)

    assert (view.status, view.amount, view.reason) == ("succeeded", usd(4_000), "owner cancelled")
    assert services.execute_refund(prepared.id) == view
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [4_000]
    assert diary.lines[1:] == [("refund_succeeded", view)]


def test_equal_partial_refunds_are_two_refunds(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment = paid(10_000)

    views = [services.execute_refund(refund(payment, usd(5_000)).id) for _ in range(2)]

    assert [view.status for view in views] == ["succeeded", "succeeded"]
    assert stripe_sandbox.objects("charge")[0]["refunded"] is True
    assert selectors.refunds_of(payment.id) == views
    assert selectors.uncommitted(payment.id) == usd(0)


def test_a_transfer_reaches_its_payee_out_of_the_payment(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView
) -> None:
    payment = paid()
    prepared = transfer(payment, usd(8_500), payee.id)

    view = services.execute_transfer(prepared.id)

    assert view.status == "succeeded"
    assert services.execute_transfer(prepared.id) == view
    (moved,) = stripe_sandbox.objects("transfer")
    (charge,) = stripe_sandbox.objects("charge")
    assert (moved["amount"], moved["destination"]) == (8_500, payee.provider_account_id)
    assert (moved["source_transaction"], moved["transfer_group"]) == (charge["id"], "b-1")
    assert diary.lines[1:] == [("transfer_succeeded", view)]
    assert selectors.transfers_of(payment.id) == [view]


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (usd(0), "validation_error"),
        (usd(-1), "validation_error"),
        (Money(100, "EUR"), "validation_error"),
        (usd(11_001), "refund_exceeds_payment"),
    ],
)
def test_a_refund_that_cannot_be_is_named(stripe_sandbox: Sandbox, diary: Diary, amount: Money, code: str) -> None:
    payment = paid(11_000)

    with pytest.raises(DomainError) as refusal:
        refund(payment, amount)

    assert refusal.value.code == code
    assert Refund.objects.count() == 0


def test_money_is_not_promised_twice(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    payment = paid(10_000)
    refund(payment, usd(4_000))
    transfer(payment, usd(5_000), payee.id)

    with pytest.raises(Conflict) as second_refund:
        refund(payment, usd(1_001))
    with pytest.raises(Conflict) as second_transfer:
        transfer(payment, usd(1_001), payee.id)

    assert second_refund.value.details["left_minor"] == 1_000
    assert second_transfer.value.code == "transfer_exceeds_payment"
    assert selectors.uncommitted(payment.id) == usd(1_000)


@pytest.mark.parametrize("card", ["pm_card_chargeDeclined", "pm_card_authenticationRequired"])
def test_money_that_was_not_taken_does_not_move(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView, card: str
) -> None:
    payment = services.execute_payment(prepare(card=card).id)

    with pytest.raises(Conflict, match="has not succeeded"):
        refund(payment, usd(1))
    with pytest.raises(Conflict, match="has not succeeded"):
        transfer(payment, usd(1), payee.id)


def test_unknown_payments_and_payees_are_not_found(stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView) -> None:
    payment = paid()
    with pytest.raises(NotFound), transaction.atomic():
        services.prepare_refund(payment_id=NOBODY, purpose="test", subject="s", amount=usd(1))
    with pytest.raises(NotFound):
        transfer(payment, usd(1), NOBODY)


def test_a_payee_who_cannot_be_paid_is_refused_before_anything_is_written(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView
) -> None:
    payment = paid()
    PayeeAccount.objects.update(payouts_enabled=False)

    with pytest.raises(Conflict) as refusal:
        transfer(payment, usd(1), payee.id)

    assert refusal.value.code == "payouts_not_enabled"
    assert Transfer.objects.count() == 0


def test_a_transfer_that_the_gateway_refuses_fails_for_good_and_frees_the_money(
    stripe_sandbox: Sandbox, diary: Diary, payee: PayeeView
) -> None:
    payment = paid(10_000)
    prepared = transfer(payment, usd(9_000), payee.id)
    edit(stripe_sandbox, "account", capabilities={"transfers": "inactive"})

    view = services.execute_transfer(prepared.id)

    assert (view.status, view.failure_code) == ("failed", "insufficient_capabilities_for_transfer")
    assert diary.lines[1:] == [("transfer_failed", view)]
    assert stripe_sandbox.objects("transfer") == []
    assert selectors.uncommitted(payment.id) == usd(10_000)


def test_a_refund_that_the_gateway_refuses_fails_for_good(stripe_sandbox: Sandbox, diary: Diary) -> None:
    prepared = refund(paid(10_000), usd(9_000))
    edit(stripe_sandbox, "charge", amount_refunded=10_000)

    view = services.execute_refund(prepared.id)

    assert (view.status, view.failure_code) == ("failed", "charge_already_refunded")
    assert diary.told == ["succeeded", "refund_failed"]


def test_a_refund_that_the_bank_returns_later_is_told(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment = paid(10_000)
    view = services.execute_refund(refund(payment, usd(9_000)).id)
    edit(stripe_sandbox, "refund", status="failed", failure_reason="lost_or_stolen_card")
    stripe_sandbox.deliver_webhooks()

    assert selectors.refund(view.id).status == "failed"
    assert selectors.refund(view.id).failure_code == "lost_or_stolen_card"
    assert diary.told == ["succeeded", "refund_succeeded", "refund_failed"]
    assert selectors.uncommitted(payment.id) == usd(10_000)


def test_a_refund_that_is_pending_is_asked_about_again(stripe_sandbox: Sandbox, diary: Diary) -> None:
    prepared = refund(paid(10_000), usd(9_000))
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_answer", times=3)
    services.execute_refund(prepared.id)
    edit(stripe_sandbox, "refund", status="pending")

    from apps.payments.tests.test_outages import later

    with later():
        services.resume_stale()
    assert selectors.refund(prepared.id).status == "sent"

    edit(stripe_sandbox, "refund", status="succeeded")
    with later(300):
        services.resume_stale()
    assert selectors.refund(prepared.id).status == "succeeded"
    assert diary.told == ["succeeded", "refund_succeeded"]


def test_preparing_refuses_input_without_a_registered_purpose(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment = paid()

    with pytest.raises(ValueError, match="nobody registered"), transaction.atomic():
        services.prepare_refund(payment_id=payment.id, purpose="unheard", subject="s", amount=usd(1))
    with pytest.raises(InvalidInput), transaction.atomic():
        services.prepare_refund(payment_id=payment.id, purpose="test", subject="s", amount=usd(0))


def edit(sandbox: Sandbox, kind: str, **fields: Any) -> None:
    """Change the gateway's only object of a kind, as things behind our back would."""
    (body,) = sandbox.objects(kind)
    with sandbox.server.store.transaction():
        sandbox.server.store.save({**body, **fields})
