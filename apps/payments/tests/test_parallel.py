"""Many at once: one effect outside, one callback inside. Real threads, real transactions."""

from functools import partial
from typing import Any

import pytest
from django.db import transaction

from apps.payments import selectors, services
from apps.payments.models import PayeeAccount, WebhookEvent
from apps.payments.tests.conftest import Diary, paid, prepare, usd
from apps.payments.tests.fixtures import Sandbox
from petwash.testing.races import crowd, race

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_executions_of_one_payment_charge_once(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = prepare()

    outcomes = crowd(8, lambda _number: services.execute_payment(view.id).status)

    assert set(outcomes) <= {"sent", "succeeded"}
    assert "succeeded" in outcomes
    assert len(stripe_sandbox.objects("charge")) == 1
    assert diary.told == ["succeeded"]


def test_answer_webhooks_and_sweep_at_once_tell_the_purpose_once(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    for event in stripe_sandbox.events():
        stripe_sandbox.post_webhook(event)
    inbox = list(WebhookEvent.objects.values_list("pk", flat=True))
    work = [lambda: services.cancel_payment(waiting.id).status, *[_processing(pk) for pk in inbox]]

    race(*work)

    assert selectors.payment(waiting.id).status == "succeeded"
    assert diary.told == ["requires_action", "succeeded"]


def test_a_charge_and_its_cancellation_at_once_agree_on_one_end(stripe_sandbox: Sandbox, diary: Diary) -> None:
    for _ in range(5):
        diary.lines.clear()
        view = prepare()

        crowd(2, partial(_charge_or_cancel, view.id))
        status = services.cancel_payment(view.id).status

        charged = [row for row in stripe_sandbox.objects("charge") if row["metadata"]["payment_id"] == view.id]
        assert status == ("succeeded" if charged else "cancelled")
        assert diary.told == [status]


def _charge_or_cancel(payment_id: str, number: int) -> str:
    return (services.cancel_payment if number else services.execute_payment)(payment_id).status


def test_refunds_at_once_do_not_exceed_the_payment(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment = paid(10_000)

    outcomes = crowd(6, lambda _number: _refund(payment.id))

    assert sorted(outcomes) == ["refund_exceeds_payment"] * 3 + ["succeeded"] * 3
    assert stripe_sandbox.objects("charge")[0]["amount_refunded"] == 9_000


def test_one_person_gets_one_payee_account(stripe_sandbox: Sandbox, sitter_user: Any) -> None:
    outcomes = crowd(6, lambda _number: _open(sitter_user))

    assert set(outcomes) <= {"open", "gateway_unavailable"}
    assert len(stripe_sandbox.objects("account")) == 1
    assert PayeeAccount.objects.get().provider_account_id == stripe_sandbox.objects("account")[0]["id"]


def test_one_event_sent_many_times_at_once_is_kept_once(stripe_sandbox: Sandbox, diary: Diary) -> None:
    paid()
    (event,) = stripe_sandbox.events("payment_intent.succeeded")

    outcomes = crowd(6, lambda _number: str(stripe_sandbox.post_webhook(event).status_code))

    assert outcomes == ["200"] * 6
    assert WebhookEvent.objects.count() == 1


def _processing(pk: int) -> Any:
    return lambda: services.process(pk)


def _refund(payment_id: str) -> str:
    with transaction.atomic():
        view = services.prepare_refund(payment_id=payment_id, purpose="test", subject="s", amount=usd(3_000))
    return services.execute_refund(view.id).status


def _open(user: Any) -> str:
    services.open_payee_account(user)
    return "open"
