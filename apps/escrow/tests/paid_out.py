"""A stay that was paid out, and what may come after it."""

from typing import Any

from apps.escrow.models import Receivable
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, a_day_passes, usd
from apps.escrow.types import ClawBackView
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments.tests.fixtures import Sandbox

WEEK = 7 * 24 * 3600


def pay_out(story: Story, sandbox: Sandbox) -> Story:
    """Pay a hold, let its time pass and pay it out; the money is available to the sitter."""
    story.pay()
    story.complete()
    a_day_passes()
    story.release()
    sandbox.advance_clock(WEEK)
    return story


def claw(story: Story, stay: int, fee: int = 0, actor: Any = None) -> ClawBackView:
    """Take parts of a payout back for the owner."""
    return StayPetEscrow.claw_back(
        booking_id=story.booking_id, stay=usd(stay), owner_fee=usd(fee), reason="a scratched sofa", actor=actor
    )


def spend(sandbox: Sandbox, amount: int) -> None:
    """Let the sitter's bank have that much of the payout."""
    (account,) = sandbox.objects("account")
    sandbox.spend(account["id"], amount=str(amount), currency="usd")


def owed(story: Story) -> int:
    """Return what the sitter owes, in the ledger; the rows say the same."""
    in_books = ledger.balance(AccountRef("sitter_receivable", str(story.sitter.public_id)), "USD").amount_minor
    assert in_books == sum(debt.open_minor for debt in Receivable.objects.filter(payee_user=story.sitter))
    return in_books
