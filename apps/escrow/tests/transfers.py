"""What Finance does with a refund that no card could take back."""

from typing import Any

from apps.escrow.amounts import Parts
from apps.escrow.models import BankRefund
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story

REFERENCE = "PW-REFUND-0001"


def propose(story: Story, actor: Any, stay: int = 4_000, fee: int = 500, reference: str = REFERENCE) -> BankRefund:
    """Propose a transfer."""
    parts = Parts.of(stay, fee, story.currency)
    return StayPetEscrow.propose_bank_refund(
        booking_id=story.booking_id, parts=parts, reference=reference, reason="The card is closed.", actor=actor
    )


def send(row: BankRefund, actor: Any) -> BankRefund:
    """Book it as sent."""
    return StayPetEscrow.send_bank_refund(bank_refund_id=str(row.public_id), actor=actor, reason="Looked at it.")


def reject(row: BankRefund, actor: Any) -> BankRefund:
    """Take it off the table."""
    return StayPetEscrow.reject_bank_refund(bank_refund_id=str(row.public_id), actor=actor, reason="Wrong reference.")


def come_back(row: BankRefund, actor: Any) -> BankRefund:
    """Book that the bank returned it."""
    return StayPetEscrow.bank_refund_returned(bank_refund_id=str(row.public_id), actor=actor, reason="It bounced.")
