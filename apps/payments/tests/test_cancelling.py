"""Cancelling: before anything was sent, while the payer is asked, and too late."""

import pytest

from apps.payments import selectors, services
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.models import Payment
from apps.payments.tests.conftest import Diary, paid, prepare
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_outages import later

pytestmark = pytest.mark.django_db


def test_what_was_never_sent_is_cancelled_here(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = services.cancel_payment(prepare().id)

    assert view.status == "cancelled"
    assert services.execute_payment(view.id) == view
    assert diary.lines == [("cancelled", view)]
    assert stripe_sandbox.objects("payment_intent") == []


def test_a_payment_that_waits_for_its_payer_is_cancelled_there(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)

    view = services.cancel_payment(waiting.id)

    assert (view.status, view.client_secret) == ("cancelled", None)
    assert stripe_sandbox.objects("payment_intent")[0]["status"] == "canceled"
    assert services.cancel_payment(waiting.id) == view
    assert diary.told == ["requires_action", "cancelled"]


def test_a_success_that_came_first_is_the_answer(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))

    assert services.cancel_payment(waiting.id).status == "succeeded"
    assert diary.told == ["requires_action", "succeeded"]


def test_a_settled_payment_is_not_cancelled(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = paid()

    assert services.cancel_payment(view.id) == view


def test_a_cancellation_without_an_answer_is_finished_by_the_sweep(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.fault("POST", r"/v1/payment_intents/[^/]+/cancel", "drop_answer", times=3)
    assert services.cancel_payment(waiting.id).status == "requires_action"

    with later():
        services.resume_stale()

    assert selectors.payment(waiting.id).status == "cancelled"
    assert diary.told == ["requires_action", "cancelled"]


def test_what_the_gateway_does_not_know_takes_no_money(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the sandbox's store was lost: without an end, the subject would wait for good."""
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    Payment.objects.update(provider_id="pi_of_a_lost_store")

    assert services.cancel_payment(waiting.id).status == "cancelled"
    assert diary.told == ["requires_action", "cancelled"]


def test_a_charge_that_was_overtaken_by_its_cancellation_takes_no_money(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = prepare()
    create = StripeGateway.create_intent

    def cancel_meanwhile(self: StripeGateway, *args: object, **kwargs: object) -> object:
        facts = create(self, *args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        assert services.cancel_payment(view.id).status == "cancelled"
        return facts

    monkeypatch.setattr(StripeGateway, "create_intent", cancel_meanwhile)

    assert services.execute_payment(view.id).status == "cancelled"
    assert [intent["status"] for intent in stripe_sandbox.objects("payment_intent")] == ["canceled"]
    assert stripe_sandbox.objects("charge") == []


def test_money_that_was_taken_after_all_is_recorded(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id), "fail")
    stripe_sandbox.deliver_webhooks()
    assert selectors.payment(waiting.id).status == "failed"
    pay_with_another_card(stripe_sandbox, str(waiting.provider_id))

    stripe_sandbox.deliver_webhooks()

    assert selectors.payment(waiting.id).status == "succeeded"
    assert diary.told == ["requires_action", "failed", "succeeded"]


def pay_with_another_card(sandbox: Sandbox, intent_id: str) -> None:
    """Confirm once more, as a payer's browser could with the client secret."""
    import httpx

    from apps.payments.tests.fixtures import API_KEY

    httpx.post(
        f"{sandbox.url}/v1/payment_intents/{intent_id}/confirm",
        data={"payment_method": "pm_card_visa"},
        headers={"Authorization": f"Bearer {API_KEY}"},
    ).raise_for_status()
