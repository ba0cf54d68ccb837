"""The webhook inbox: who is believed, repeats, order, early and foreign events."""

import time
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.common import events
from apps.common.clock import real_now
from apps.payments import selectors, services
from apps.payments.models import WebhookEvent
from apps.payments.tests.conftest import Diary, paid, prepare
from apps.payments.tests.fixtures import PATH, Sandbox
from apps.payments.tests.test_outages import later
from apps.payments.types import PayeeView

pytestmark = pytest.mark.django_db


def test_an_event_is_kept_once_and_repeats_are_answered_alike(stripe_sandbox: Sandbox, diary: Diary) -> None:
    paid()
    (event,) = stripe_sandbox.events("payment_intent.succeeded")

    answers = [stripe_sandbox.post_webhook(event) for _ in range(3)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"received": True})] * 3
    kept = WebhookEvent.objects.get()
    assert (kept.provider_event_id, kept.object_id) == (event["id"], event["data"]["object"]["id"])


@pytest.mark.parametrize(
    "signing", [{"secret": "whsec_forged"}, {"at": int(time.time()) - 301}], ids=["forged", "stale"]
)
def test_a_forged_or_stale_signature_is_refused(stripe_sandbox: Sandbox, diary: Diary, signing: dict[str, Any]) -> None:
    paid()

    answer = stripe_sandbox.post_webhook(stripe_sandbox.events()[0], **signing)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_signature")
    assert WebhookEvent.objects.count() == 0


@pytest.mark.parametrize("header", [{}, {"Stripe-Signature": ""}, {"Stripe-Signature": "t=x,v1=ü"}])
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b'{"id": 1}'])
def test_what_is_not_signed_is_refused(stripe_sandbox: Sandbox, header: dict[str, str], body: bytes) -> None:
    answer = Client().post(PATH, body, content_type="application/json", headers=header)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_signature")


@pytest.mark.parametrize("body", [{}, [], {"id": "evt_1", "type": "x"}, {"id": "evt_1", "type": "x", "data": None}])
def test_what_is_signed_but_no_event_is_refused(stripe_sandbox: Sandbox, body: Any) -> None:
    assert stripe_sandbox.post_webhook(body).status_code == 400


def test_a_changed_body_is_refused(stripe_sandbox: Sandbox, diary: Diary) -> None:
    from apps.payments.stripe_sandbox.webhooks import sign
    from apps.payments.tests.fixtures import WEBHOOK_SECRET

    header = sign(b'{"amount": 1}', WEBHOOK_SECRET)
    answer = Client().post(
        PATH, b'{"amount": 2}', content_type="application/json", headers={"Stripe-Signature": header}
    )

    assert answer.status_code == 400


def test_a_late_event_after_the_answer_changes_nothing(stripe_sandbox: Sandbox, diary: Diary) -> None:
    view = paid()

    stripe_sandbox.deliver_webhooks()

    assert selectors.payment(view.id) == view
    assert diary.told == ["succeeded"]
    relevant = WebhookEvent.objects.exclude(status="ignored")
    assert set(relevant.values_list("status", flat=True)) == {"processed"}


def test_an_event_before_the_answer_brings_the_result(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.payments.gateways.stripe_api import StripeGateway

    confirm = StripeGateway.confirm_intent

    def webhook_first(self: StripeGateway, intent_id: str, *, key: str) -> Any:
        facts = confirm(self, intent_id, key=key)
        stripe_sandbox.deliver_webhooks()
        assert diary.told == ["succeeded"]
        return facts

    monkeypatch.setattr(StripeGateway, "confirm_intent", webhook_first)

    assert services.execute_payment(prepare().id).status == "succeeded"
    assert diary.told == ["succeeded"]


def test_order_does_not_matter(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))

    for event in reversed(stripe_sandbox.events()):
        stripe_sandbox.post_webhook(event)
    services.process_due()

    assert selectors.payment(waiting.id).status == "succeeded"
    assert diary.told == ["requires_action", "succeeded"]


def test_an_event_of_nothing_we_know_is_parked_then_matched(
    stripe_sandbox: Sandbox, diary: Diary, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = foreign_intent(stripe_sandbox)
    stripe_sandbox.deliver_webhooks()
    assert statuses() == {"parked"}
    view = prepare()
    with stripe_sandbox.server.store.transaction():
        stripe_sandbox.server.store.save({**foreign, "metadata": {"payment_id": view.id}})

    with later():
        services.process_due()

    assert statuses() == {"processed"}


def test_an_event_that_stays_foreign_is_given_up_after_a_day_and_shown(stripe_sandbox: Sandbox, diary: Diary) -> None:
    foreign_intent(stripe_sandbox)
    stripe_sandbox.deliver_webhooks()

    with time_machine.travel(real_now() + timedelta(hours=25)):
        services.process_due()
        assert services.process_due() == 0

    kept = WebhookEvent.objects.get(type="payment_intent.created")
    assert (kept.status, kept.attempts, kept.last_error) == ("unmatched", 2, "nothing of ours yet")


def test_events_of_no_concern_are_kept_and_left_alone(stripe_sandbox: Sandbox, diary: Diary) -> None:
    paid()
    (event,) = stripe_sandbox.events("charge.succeeded")

    stripe_sandbox.post_webhook(event)

    assert statuses() == {"ignored"}
    assert services.process_due() == 0


def test_a_gateway_that_is_down_parks_the_event(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    stripe_sandbox.fault("GET", r"/v1/payment_intents/.*", "drop_request", times=30)

    stripe_sandbox.deliver_webhooks()
    assert "parked" in statuses()
    stripe_sandbox.repair()
    with later():
        services.process_due()

    assert selectors.payment(waiting.id).status == "succeeded"


def test_a_purpose_that_fails_has_the_event_tried_again(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    diary.fails = True
    stripe_sandbox.deliver_webhooks()
    assert selectors.payment(waiting.id).status == "requires_action"

    diary.fails = False
    with later():
        services.process_due()

    assert selectors.payment(waiting.id).status == "succeeded"
    assert diary.told == ["requires_action", "succeeded"]


def test_another_amount_than_asked_for_is_never_recorded(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    (intent,) = stripe_sandbox.objects("payment_intent")
    with stripe_sandbox.server.store.transaction():
        stripe_sandbox.server.store.save({**intent, "amount_received": 1})

    stripe_sandbox.deliver_webhooks()

    assert selectors.payment(waiting.id).status == "requires_action"
    assert "WrongAmount" in WebhookEvent.objects.filter(status="parked").values_list("last_error", flat=True)[0]


def test_a_payee_who_completes_the_account_becomes_payable(stripe_sandbox: Sandbox, payee: PayeeView) -> None:
    from apps.payments.models import PayeeAccount

    PayeeAccount.objects.update(payouts_enabled=False)

    stripe_sandbox.deliver_webhooks()

    assert selectors.payee(payee.id).payouts_enabled is True


def test_with_redis_down_the_event_is_kept_and_the_sweep_processes_it(
    stripe_sandbox: Sandbox, diary: Diary, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    (event,) = stripe_sandbox.events("payment_intent.succeeded")
    stripe_sandbox.post_webhook(event)

    with django_capture_on_commit_callbacks(execute=True):
        assert events.deliver_all() == 1
    services.process_due()

    assert selectors.payment(waiting.id).status == "succeeded"


def foreign_intent(sandbox: Sandbox) -> Any:
    """Create a payment at the gateway that is not ours."""
    import httpx

    from apps.payments.tests.fixtures import API_KEY

    httpx.post(
        f"{sandbox.url}/v1/payment_intents",
        data={"amount": "11000", "currency": "usd", "payment_method": "pm_card_visa"},
        headers={"Authorization": f"Bearer {API_KEY}"},
    ).raise_for_status()
    return sandbox.objects("payment_intent")[-1]


def statuses() -> set[str]:
    """Return the statuses of the events in the inbox."""
    return set(WebhookEvent.objects.values_list("status", flat=True))


def test_an_event_about_something_without_an_id_is_answered(stripe_sandbox: Sandbox) -> None:
    """Such as `balance.available`; a 400 again and again makes the gateway give the endpoint up."""
    told = {"object": {"object": "balance"}}
    event = {"id": "evt_balance", "type": "balance.available", "created": 1, "data": told}

    assert stripe_sandbox.post_webhook(event).status_code == 200
    assert WebhookEvent.objects.get().status == "ignored"
