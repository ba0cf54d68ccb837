"""Reactions to what the payments app reports."""

from apps.common import events
from apps.escrow.services import payees
from apps.payments.events import PayeeChanged


@events.subscribe(PayeeChanged)
def follow_payee(event: PayeeChanged) -> None:
    """Let a payee's payouts rest or go on, as the gateway says now."""
    payees.follow_gateway(user_id=event.user_id)
