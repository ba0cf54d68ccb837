"""Protected payments in the console."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client

from apps.common.models import AuditEntry
from apps.escrow.tests.holds import Story
from apps.escrow.tests.test_refund import fail_refund
from petwash.testing.staff import console, member_of

LIST = "/admin/escrow/hold/"


def choose(client: Client, action: str, story: Story, **data: str) -> Any:
    body = {"action": action, ACTION_CHECKBOX_NAME: [str(story.row.pk)], **data}
    return client.post(LIST, body, follow=True)


def test_freezing_asks_for_a_reason_first(story, agent):
    client = console(agent)
    asked = choose(client, "freeze", story)
    assert 'name="reason"' in asked.content.decode()
    assert not story.hold.frozen
    choose(client, "freeze", story, reason="A scratched sofa.")
    assert story.hold.frozen
    entry = AuditEntry.objects.get(action="escrow.freeze")
    assert (entry.actor_id, entry.reason) == (agent.pk, "A scratched sofa.")
    choose(client, "lift", story, reason="Settled.")
    assert not story.hold.frozen


def test_a_refusal_is_told(story, agent):
    page = choose(console(agent), "lift", story, reason="Because.").content.decode()
    assert "This payment is not frozen." in page


@pytest.mark.parametrize(
    ("group", "blocks"), [("Finance", True), ("Trust & Safety", True), ("Operations", False), ("Support", False)]
)
def test_only_finance_and_trust_and_safety_stop_payouts(story, group, blocks):
    client = console(member_of(group))
    assert client.get(LIST).status_code == 200
    choose(client, "freeze", story, reason="Because.")
    assert story.hold.frozen == blocks


def test_the_page_of_a_hold_shows_its_history_and_changes_nothing(story, agent):
    story.pay()
    story.complete()
    page = console(agent).get(f"{LIST}{story.row.pk}/change/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "payment succeeded" in text
    assert 'name="_save"' not in text


@pytest.mark.parametrize(("group", "sends"), [("Finance", True), ("Trust & Safety", False)])
def test_only_finance_sends_a_refused_refund_again(story, stripe_sandbox, group, sends):
    story.pay()
    stripe_sandbox.fault("POST", "/v1/refunds", "drop_request", times=3)
    story.refund(10_000, 1_000)
    fail_refund()
    choose(console(member_of(group)), "refund_again", story, reason="The bank takes it now.")
    assert story.hold.state == ("refunded" if sends else "held")
