"""A hold without a booking: escrow knows none."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from apps.escrow import listeners
from apps.escrow.tests.holds import Story
from apps.escrow.tests.paid_out import pay_out
from apps.escrow.tests.transfers import bounce
from apps.payments import services as payments
from apps.payments.tests.fixtures import Sandbox
from petwash.testing.staff import member_of


class Diary(listeners.HoldListener):
    """Writes down what a listener hears."""

    def __init__(self) -> None:
        self.moves: list[str] = []
        self.funded: list[str] = []

    def hold_moved(self, hold: Any) -> None:
        """Write the state down."""
        self.moves.append(hold.state)

    def funds_held(self, hold: Any) -> None:
        """Write the booking down, and the state that its money has brought."""
        self.moves.append(hold.state)
        self.funded.append(hold.booking_id)


@pytest.fixture(autouse=True)
def diary(monkeypatch: pytest.MonkeyPatch) -> Diary:
    """The only listener: bookings are another app's."""
    listener = Diary()
    monkeypatch.setattr(listeners, "_listeners", [listener])
    return listener


@pytest.fixture
def story(owner: Any, sitter_user: Any, stripe_sandbox: Sandbox) -> Story:
    """A hold of 100.00 and a fee of 10.00, waiting for its payment; the sitter can be paid."""
    payments.open_payee_account(sitter_user)
    with transaction.atomic():
        return Story.open(booking_id=str(uuid4()), owner=owner, sitter=sitter_user)


@pytest.fixture
def released(story: Story, stripe_sandbox: Sandbox) -> Story:
    """A hold that was paid out: 85.00 to the sitter, 15.00 and 10.00 of fees to us."""
    return pay_out(story, stripe_sandbox)


@pytest.fixture
def finance_pair(db: Any) -> tuple[Any, Any]:
    """Two people of Finance."""
    return member_of("Finance"), member_of("Finance")


@pytest.fixture
def refused(story: Any) -> Any:
    """A hold of 110.00 whose refund of 40.00 and 5.00 came back: the card is closed. It is held and frozen."""
    story.pay()
    bounce(story, 4_000, 500)
    return story
