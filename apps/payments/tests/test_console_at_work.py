"""What Finance does in the console: an event processed again with a reason, disputes by what is due, payouts seen."""

from datetime import datetime

import pytest
import structlog
from django.test import Client

from apps.common.models import AuditEntry
from apps.payments import selectors, services
from apps.payments.models import Dispute, Payment, WebhookEvent
from apps.payments.tests.conftest import Diary, paid
from apps.payments.tests.fixtures import Sandbox
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db
EVENTS, DISPUTES = "/admin/payments/webhookevent/", "/admin/payments/dispute/"


@pytest.fixture
def clerk(db: None) -> Client:
    """The browser of somebody of Finance."""
    return console(member_of("Finance"))


@pytest.fixture
def given_up(stripe_sandbox: Sandbox, diary: Diary) -> WebhookEvent:
    """A dispute's event that was given up while its payment was not known here; by now it is."""
    payment = paid(10_000)
    stripe_sandbox.dispute(Payment.objects.get(public_id=payment.id).charge_id)
    known = Payment.objects.filter(public_id=payment.id)
    known.update(provider_id="pi_other")
    stripe_sandbox.deliver_webhooks()
    known.update(provider_id=payment.provider_id)
    WebhookEvent.objects.filter(status="parked").update(status="unmatched")
    return WebhookEvent.objects.get(type="charge.dispute.created")


def again(browser: Client, row: WebhookEvent, **form: str) -> str:
    """Choose the event and "Process again"; return the page that follows."""
    chosen = {"action": "retry", "_selected_action": str(row.pk), **form}
    page: bytes = browser.post(EVENTS, chosen, follow=True).content
    return page.decode()


def test_an_event_is_processed_again_once_a_reason_is_given(
    given_up: WebhookEvent, clerk: Client, stripe_sandbox: Sandbox, diary: Diary
) -> None:
    asked = again(clerk, given_up)
    assert 'name="reason"' in asked
    given_up.refresh_from_db()
    assert given_up.status == "unmatched"
    assert not AuditEntry.objects.filter(action="payments.webhook_retried").exists()

    assert "1 done: process again." in again(clerk, given_up, reason="the payment is known now")
    services.process_due()

    given_up.refresh_from_db()
    assert given_up.status == "processed"
    assert diary.told == ["succeeded", "dispute_opened"]
    kept = AuditEntry.objects.get(action="payments.webhook_retried")
    assert kept.reason == "the payment is known now"


def test_an_event_that_is_done_is_not_processed_again(given_up: WebhookEvent, clerk: Client, diary: Diary) -> None:
    WebhookEvent.objects.filter(pk=given_up.pk).update(status="processed")

    assert "only parked and unmatched ones are retried" in again(clerk, given_up, reason="once more")

    assert not AuditEntry.objects.filter(action="payments.webhook_retried").exists()
    assert diary.told == ["succeeded"]


def test_disputes_are_listed_by_what_is_due_then_the_decided_ones(
    stripe_sandbox: Sandbox, diary: Diary, clerk: Client
) -> None:
    ids = {}
    for name, due in (("late", 20), ("decided", 5), ("soon", 10), ("undated", 0)):
        payment = paid(10_000)
        ids[name] = stripe_sandbox.dispute(Payment.objects.get(public_id=payment.id).charge_id)["id"]
        if name == "decided":
            stripe_sandbox.resolve_dispute(ids[name], "won")
        stripe_sandbox.deliver_webhooks()
        when = datetime.fromisoformat(f"2026-12-{due}T00:00:00+00:00") if due >= 10 else None
        Dispute.objects.filter(provider_id=ids[name]).update(evidence_due_at=when)

    page = clerk.get(DISPUTES).content.decode()

    order = sorted(ids, key=lambda name: page.index(ids[name]))
    assert order == ["soon", "late", "undated", "decided"]


def test_a_payout_of_the_platforms_money_is_warned_of_and_moves_nothing(stripe_sandbox: Sandbox, diary: Diary) -> None:
    payment = paid(10_000)
    stripe_sandbox.advance_clock(3 * 24 * 3600)
    stripe_sandbox.deliver_webhooks()
    stripe_sandbox.post("/v1/payouts", amount=4_000, currency="usd").raise_for_status()

    with structlog.testing.capture_logs() as lines:
        stripe_sandbox.deliver_webhooks()

    (payout,) = stripe_sandbox.objects("payout")
    warned = [line for line in lines if line["event"] == "platform_payout"]
    assert [(line["payout"], line["log_level"]) for line in warned] == [(payout["id"], "warning")]
    assert "manual" in warned[0]["remedy"]
    assert WebhookEvent.objects.get(type="payout.created").status == "processed"
    assert diary.told == ["succeeded"]
    assert selectors.payment(payment.id) == payment
