"""Webhooks that were lost: the gateway's own list of events brings everything."""

from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.db.models import F

from apps.common.clock import real_now
from apps.common.errors import Conflict, Unavailable
from apps.common.models import AuditEntry
from apps.ledger import selectors as ledger
from apps.payments import selectors, services
from apps.payments.models import EventMark, Payment, WebhookEvent
from apps.payments.tests.conftest import Diary, paid, prepare
from apps.payments.tests.fixtures import Sandbox

pytestmark = pytest.mark.django_db


def test_with_every_webhook_lost_the_sweep_brings_everything(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    payment = paid(10_000)
    stripe_sandbox.dispute(Payment.objects.get(public_id=payment.id).charge_id)
    happened = {event["id"] for event in stripe_sandbox.events()}

    assert services.sweep_events() == len(happened)
    services.process_due()

    assert set(WebhookEvent.objects.values_list("provider_event_id", flat=True)) == happened
    assert selectors.payment(waiting.id).status == "succeeded"
    assert [view.status for view in selectors.disputes_of(payment.id)] == ["open"]


def test_what_the_inbox_knows_is_not_taken_twice(stripe_sandbox: Sandbox, diary: Diary) -> None:
    paid()
    stripe_sandbox.deliver_webhooks()

    assert [services.sweep_events(), services.sweep_events()] == [0, 0]


@pytest.mark.parametrize(("minutes", "found"), [(5, 1), (60, 0)])
def test_an_event_that_is_listed_late_is_found_in_the_overlap(
    stripe_sandbox: Sandbox, diary: Diary, minutes: int, found: int
) -> None:
    paid()
    services.sweep_events()
    WebhookEvent.objects.filter(type="payment_intent.succeeded").delete()
    EventMark.objects.update(swept_until=F("swept_until") + timedelta(minutes=minutes))

    assert services.sweep_events() == found


def test_an_event_dated_ahead_hides_none_that_comes_before_it(stripe_sandbox: Sandbox, diary: Diary) -> None:
    paid()
    ahead = stripe_sandbox.server.store.find("event")[0]
    stripe_sandbox.server.store.save({**ahead, "created": ahead["created"] + 10 * 365 * 86_400})
    services.sweep_events()
    assert EventMark.objects.get().swept_until <= real_now()

    paid()
    assert services.sweep_events() == 3


FORGED = [
    ("payment_intent.succeeded", "pi_nobodys"),
    ("payment_intent.succeeded", "../accounts/acct_1"),
    ("charge.dispute.created", "dp_nobodys"),
    ("charge.refunded", "ch_nobodys"),
    ("transfer.reversed", "tr_nobodys"),
    ("account.updated", "acct_nobodys"),
    ("payment_intent.succeeded", ""),
    ("no.such.type", "x" * 500),
]


def test_forged_events_move_nothing(stripe_sandbox: Sandbox, diary: Diary) -> None:
    """Whatever an event says, its object is fetched: what the gateway does not have, or is not ours, moves no money."""
    payment = paid(10_000)
    stripe_sandbox.deliver_webhooks()
    before = (ledger.trial_balance(), selectors.payment(payment.id))
    for number, (kind, object_id) in enumerate(FORGED):
        stripe_sandbox.post_webhook(
            {
                "id": f"evt_forged_{number}", "object": "event", "type": kind, "created": 1, "api_version": "",
                "data": {"object": {"id": object_id, "object": kind.partition(".")[0], "amount": 1, "status": "lost"}},
            }
        )  # fmt: skip
    services.process_due()

    assert (ledger.trial_balance(), selectors.payment(payment.id)) == before
    assert not WebhookEvent.objects.filter(provider_event_id__startswith="evt_forged", status="processed").exists()


def test_a_sweep_that_breaks_off_moves_no_mark_and_is_done_again(stripe_sandbox: Sandbox, diary: Diary) -> None:
    paid()
    stripe_sandbox.fault("GET", "/v1/events", "drop_request", times=10)

    with pytest.raises(Unavailable):
        services.sweep_events()
    assert EventMark.objects.count() == 0

    stripe_sandbox.repair()
    assert services.sweep_events() == len(stripe_sandbox.events())
    assert EventMark.objects.count() == 1


def test_another_api_version_is_processed_and_warned_of_once(stripe_sandbox: Sandbox, diary: Diary) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    (event,) = stripe_sandbox.events("payment_intent.succeeded")

    with structlog.testing.capture_logs() as lines:
        for number in range(2):
            stripe_sandbox.post_webhook({**event, "id": f"evt_{number}", "api_version": "2020-08-27"})
    services.process_due()

    assert [line["version"] for line in lines if line["event"] == "other_api_version"] == ["2020-08-27"]
    assert selectors.payment(waiting.id).status == "succeeded"


@pytest.mark.parametrize(("secret", "status"), [("whsec_old", 200), ("whsec_new", 200), ("whsec_other", 400)])
def test_while_secrets_are_changed_both_are_believed(
    stripe_sandbox: Sandbox, diary: Diary, settings: Any, secret: str, status: int
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = "whsec_new, whsec_old"
    paid()

    assert stripe_sandbox.post_webhook(stripe_sandbox.events()[0], secret=secret).status_code == status
    assert WebhookEvent.objects.count() == (1 if status == 200 else 0)


def test_staff_have_an_event_that_was_given_up_processed_again(
    stripe_sandbox: Sandbox, diary: Diary, agent: Any
) -> None:
    waiting = services.execute_payment(prepare(card="pm_card_authenticationRequired").id)
    stripe_sandbox.authenticate(str(waiting.provider_id))
    services.sweep_events()
    WebhookEvent.objects.exclude(status="ignored").update(status="unmatched")
    row = WebhookEvent.objects.get(type="payment_intent.succeeded")

    services.retry(row.pk, actor=agent, reason="the outage is over")
    services.process_due()

    assert selectors.payment(waiting.id).status == "succeeded"
    kept = AuditEntry.objects.get(action="payments.webhook_retried")
    assert (kept.actor_id, kept.reason) == (agent.pk, "the outage is over")
    with pytest.raises(Conflict) as refusal:
        services.retry(row.pk, actor=agent, reason="again")
    assert refusal.value.code == "webhook_not_waiting"
    assert AuditEntry.objects.filter(action="payments.webhook_retried").count() == 1
