"""A bank disputes the payment of a wash: nothing goes back twice, and a loss is booked once."""

import pytest
from django.db import transaction

from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments
from apps.stations.models import Wash
from apps.stations.services import lifecycle


def balance(kind: str) -> int:
    return ledger.balance(AccountRef(kind), "USD").amount_minor


@pytest.fixture
def disputed(paid, stripe_sandbox):
    """A paid wash whose payment is disputed."""
    dispute = stripe_sandbox.dispute(stripe_sandbox.objects("charge")[0]["id"])
    stripe_sandbox.deliver_webhooks()
    return paid, dispute["id"]


def decide(sandbox, dispute_id: str, outcome: str) -> None:
    sandbox.resolve_dispute(dispute_id, outcome)
    sandbox.deliver_webhooks()


def never_starts(wash: Wash) -> Wash:
    with transaction.atomic():
        lifecycle.not_started(Wash.objects.get(pk=wash.pk), reason="bay_fault")
    return Wash.objects.get(pk=wash.pk)


def test_a_lost_dispute_of_a_wash_that_ran_is_our_loss(disputed, stripe_sandbox):
    _, dispute = disputed
    decide(stripe_sandbox, dispute, "lost")
    assert (balance("dispute_loss"), balance("dispute_suspense"), balance("revenue_wash")) == (900, 0, 900)


def test_a_refund_waits_for_the_bank_and_is_sent_when_we_win(disputed, stripe_sandbox):
    wash, dispute = disputed
    wash = never_starts(wash)
    assert (wash.status, wash.refund_id, stripe_sandbox.objects("refund")) == ("refunding", "", [])
    decide(stripe_sandbox, dispute, "won")
    payments.execute_refund(Wash.objects.get().refund_id)
    assert Wash.objects.get().status == "refunded"
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [900]
    assert (balance("revenue_wash"), balance("dispute_loss")) == (0, 0)


def test_a_refund_that_the_bank_made_is_not_made_again(disputed, stripe_sandbox):
    wash, dispute = disputed
    never_starts(wash)
    decide(stripe_sandbox, dispute, "lost")
    assert (Wash.objects.get().status, Wash.objects.get().refunded_minor) == ("refunded", 900)
    assert (balance("revenue_wash"), balance("dispute_loss"), balance("dispute_suspense")) == (0, 0, 0)
    assert stripe_sandbox.objects("refund") == []
    assert ledger.check().ok
