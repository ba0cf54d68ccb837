"""A bank disputes the payment of a top-up: its part waits, alone."""

import pytest

from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Command, TopUp, Wash
from apps.stations.tests.device import Device
from apps.stations.tests.top_ups import Customer

pytestmark = pytest.mark.django_db


def balance(kind: str) -> int:
    return ledger.balance(AccountRef(kind), "USD").amount_minor


@pytest.fixture
def dispute(customer: Customer, device: Device, stripe_sandbox) -> str:
    """The dispute of a top-up that the station has not confirmed yet."""
    customer.top_up(300, 100)
    charge = next(row for row in stripe_sandbox.objects("charge") if row["amount"] == 300)
    opened = stripe_sandbox.dispute(charge["id"])
    stripe_sandbox.deliver_webhooks()
    return str(opened["id"])


def decide(sandbox, dispute: str, outcome: str) -> None:
    sandbox.resolve_dispute(dispute, outcome)
    sandbox.deliver_webhooks()


@pytest.mark.parametrize(("outcome", "sent"), [("won", [300, 600]), ("lost", [600])])
@pytest.mark.parametrize("confirmed", [True, False])
def test_its_part_waits_and_the_other_goes_back_at_once(
    customer, device: Device, dispute: str, stripe_sandbox, settle, outcome: str, sent: list[int], confirmed: bool
) -> None:
    if confirmed:
        device.say(device.ack(Command.objects.get(type="top_up"), "accepted"))
    device.say(device.event("stopped", customer.wash, used=100))
    settle()
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [600]
    decide(stripe_sandbox, dispute, outcome)
    settle()
    assert sorted(row["amount"] for row in stripe_sandbox.objects("refund")) == sent
    wash = Wash.objects.get()
    assert (wash.status, wash.refunded_minor) == ("partially_refunded", 900 if confirmed else 600)
    assert TopUp.objects.get().status == ("confirmed" if confirmed else "refunded")
    assert (balance("revenue_wash"), balance("dispute_loss"), balance("dispute_suspense")) == (300, 0, 0)
    assert ledger.check().ok


def test_a_lost_dispute_of_seconds_that_ran_is_our_loss(customer, device: Device, dispute: str, stripe_sandbox) -> None:
    device.say(device.event("finished", customer.wash, used=400))
    decide(stripe_sandbox, dispute, "lost")
    assert (balance("dispute_loss"), balance("dispute_suspense"), balance("revenue_wash")) == (300, 0, 1_200)
