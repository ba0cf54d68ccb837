"""Payees whose payouts rest: by staff, by the gateway, by both."""

from unittest.mock import patch

import pytest
from django.db import connection, transaction

from apps.common.errors import Conflict, Forbidden, InvalidInput
from apps.common.models import AuditEntry, OutboxEvent
from apps.escrow import selectors, services
from apps.escrow.handlers import follow_payee
from apps.escrow.models import PayeeStanding, PayoutRun, StandingChange
from apps.escrow.services import payees, runs
from apps.escrow.tests.holds import a_day_passes
from apps.payments import services as payments
from apps.payments.events import PayeeChanged
from apps.payments.models import PayeeAccount
from petwash.testing.staff import member_of


@pytest.fixture
def due(story):
    """A hold whose 24 hours are over."""
    story.pay()
    story.complete()
    a_day_passes()
    return story


@pytest.fixture
def finance(db):
    return member_of("Finance")


def gateway_says(story, *, enabled: bool) -> None:
    """Let the account's state change at the gateway, and the event arrive."""
    account = PayeeAccount.objects.get(user=story.sitter)
    with transaction.atomic():
        PayeeAccount.objects.filter(pk=account.pk).update(payouts_enabled=enabled)
        follow_payee(PayeeChanged(payee_id=str(account.public_id), user_id=story.sitter.pk, payouts_enabled=enabled))


def test_a_paused_payee_is_not_paid_and_is_paid_at_once_when_resumed(due, finance, stripe_sandbox):
    payees.pause(user_id=due.sitter.pk, actor=finance, reason="account taken over")
    assert services.release_due_payouts() == 0
    with pytest.raises(Conflict) as refusal:
        due.release()
    assert refusal.value.code == "payouts_paused"
    assert stripe_sandbox.objects("transfer") == []
    assert selectors.payouts_blocked() == 1
    payees.resume(user_id=due.sitter.pk, actor=finance, reason="it is them")
    assert services.release_due_payouts() == 1


def test_what_was_claimed_before_the_pause_and_not_sent_goes_back(due, finance, stripe_sandbox):
    (transfer_id,) = runs._claim_batch(PayoutRun.objects.create(), runs.Budget.read()).transfers
    payees.pause(user_id=due.sitter.pk, actor=finance, reason="account taken over")
    payments.execute_transfer(transfer_id)
    assert (due.hold.state, due.balances()) == ("release_due", (10_000, 1_000))
    assert stripe_sandbox.objects("transfer") == []


def test_twice_is_refused_both_ways(due, finance):
    own = {"user_id": due.sitter.pk, "actor": finance, "reason": "because"}
    with pytest.raises(Conflict) as refusal:
        payees.resume(**own)
    assert refusal.value.code == "not_paused"
    payees.pause(**own)
    with pytest.raises(Conflict) as refusal:
        payees.pause(**own)
    assert refusal.value.code == "already_paused"
    assert StandingChange.objects.count() == 1
    assert AuditEntry.objects.filter(action="escrow.payouts_paused").count() == 1


@pytest.mark.parametrize("group", ["Trust & Safety", "Operations", "Support"])
def test_only_finance_pauses(due, group):
    with pytest.raises(Forbidden):
        payees.pause(user_id=due.sitter.pk, actor=member_of(group), reason="because")
    assert not PayeeStanding.objects.resting().exists()


def test_a_reason_is_required(due, finance):
    with pytest.raises(InvalidInput) as refusal:
        payees.pause(user_id=due.sitter.pk, actor=finance, reason=" ")
    assert list(refusal.value.details) == ["reason"]
    assert not StandingChange.objects.exists()


def test_an_account_disabled_at_the_gateway_rests_until_it_is_enabled(due, stripe_sandbox):
    gateway_says(due, enabled=False)
    gateway_says(due, enabled=False)
    assert services.release_due_payouts() == 0
    gateway_says(due, enabled=True)
    assert services.release_due_payouts() == 1
    changes = StandingChange.objects.order_by("id")
    assert [(one.mark, one.set_on, one.actor) for one in changes] == [
        ("disabled", True, None), ("disabled", False, None),
    ]  # fmt: skip


def test_a_late_event_does_not_undo_what_the_gateway_says_now(due):
    account = PayeeAccount.objects.get(user=due.sitter)
    with transaction.atomic():
        follow_payee(PayeeChanged(payee_id=str(account.public_id), user_id=due.sitter.pk, payouts_enabled=False))
    assert not PayeeStanding.objects.resting().exists()


def test_the_gateway_enabling_an_account_does_not_end_staffs_pause(due, finance):
    payees.pause(user_id=due.sitter.pk, actor=finance, reason="account taken over")
    gateway_says(due, enabled=False)
    gateway_says(due, enabled=True)
    assert services.release_due_payouts() == 0


def test_an_account_that_becomes_ready_is_paid_without_the_half_hour_of_rest(due, stripe_sandbox):
    account = PayeeAccount.objects.filter(user=due.sitter)
    account.update(payouts_enabled=False)
    assert services.release_due_payouts() == 0
    assert due.row.last_problem == "payout_account_not_enabled"
    gateway_says(due, enabled=True)
    assert services.release_due_payouts() == 1


def test_payments_tells_of_a_change_once(story):
    from apps.payments.gateways.port import AccountFacts
    from apps.payments.services import recording

    account = PayeeAccount.objects.get(user=story.sitter)
    before = OutboxEvent.objects.filter(name="payments.PayeeChanged").count()
    facts = AccountFacts(
        id=str(account.provider_account_id),
        payee_id=str(account.public_id),
        payouts_enabled=False,
        details_submitted=True,
    )
    for _ in range(2):
        with transaction.atomic():
            recording.record_account(account.pk, facts)
    assert OutboxEvent.objects.filter(name="payments.PayeeChanged").count() == before + 1


@pytest.mark.parametrize("attack", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_history_cannot_be_rewritten(due, finance, attack):
    payees.pause(user_id=due.sitter.pk, actor=finance, reason="because")
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(attack.format("escrow_standing_change"))


def test_the_run_does_not_even_claim_for_a_resting_payee(due, finance):
    payees.pause(user_id=due.sitter.pk, actor=finance, reason="because")
    with patch.object(payments, "balance", side_effect=AssertionError("asked")):
        assert services.release_due_payouts() == 0
