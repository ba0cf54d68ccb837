"""What Finance does with a refund that no card could take back."""

from typing import Any

import pytest

from apps.common.errors import DomainError
from apps.escrow import selectors
from apps.escrow.amounts import Parts
from apps.escrow.models import BankRefund
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import Story, fail_refund
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments.models import Refund as GatewayRefund

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


def bounce(story: Any, stay: int, fee: int = 0) -> None:
    """Refund by card, and let the owner's bank return it."""
    story.refund(stay, fee)
    fail_refund(str(GatewayRefund.objects.latest("id").public_id))


def refusal_of(act: Any) -> str:
    with pytest.raises(DomainError) as refusal:
        act()
    return refusal.value.code


def bank(currency: str = "USD") -> int:
    return ledger.balance(AccountRef("bank"), currency).amount_minor


def refunded(story: Any) -> list[tuple[int, str]]:
    places = selectors.whereabouts(story.booking_id)
    return [(p.amount.amount_minor, p.why) for p in places if p.place == "refunded_to_owner"]


def again(story: Any, actor: Any) -> Any:
    return StayPetEscrow.refund_again(booking_id=story.booking_id, actor=actor, reason="the card works again")
