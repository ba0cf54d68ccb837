"""What tests do with one hold, and what must always be true of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.common.clock import advance_business_clock, business_now
from apps.common.money import Money
from apps.escrow import selectors, services
from apps.escrow.models import Hold
from apps.escrow.services import StayPetEscrow
from apps.escrow.types import DepositView, HoldTerms, HoldView, PayoutView, RefundView
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef

VISA = "pm_card_visa"
DECLINED = "pm_card_chargeDeclined"
NEEDS_BANK = "pm_card_authenticationRequired"


def usd(minor: int) -> Money:
    """Return cents."""
    return Money(minor, "USD")


@dataclass
class Story:
    """One hold and its people."""

    booking_id: str
    owner: Any
    sitter: Any

    @classmethod
    def open(cls, booking_id: str, owner: Any, sitter: Any, stay: int = 10_000, fee: int = 1_000) -> "Story":
        """Open a hold with a sitter fee of 15 percent, in the open transaction."""
        services.open_hold(HoldTerms(booking_id, usd(stay), usd(fee), Decimal(15), sitter.pk))
        return cls(booking_id, owner, sitter)

    @property
    def hold(self) -> HoldView:
        """The hold as it stands."""
        return selectors.hold_of(self.booking_id)

    @property
    def row(self) -> Hold:
        """The hold's row."""
        return Hold.objects.get(booking_id=self.booking_id)

    def pay(self, card: str = VISA) -> DepositView:
        """Deposit; nothing is asked of the booking."""
        return StayPetEscrow.deposit_funds(
            booking_id=self.booking_id, payment_method=card, actor=self.owner, admit=lambda: None
        )

    def complete(self, ends_in: timedelta = timedelta(0)) -> datetime:
        """Start the clock for a stay completed now; return the due instant."""
        now = business_now()
        with transaction.atomic():
            view = services.start_release_clock(
                booking_id=self.booking_id,
                completed_at=now,
                scheduled_end_at=now + ends_in,
                actor=self.sitter,
                reason="stay completed",
            )
        assert view.release_due_at is not None
        return view.release_due_at

    def release(self) -> PayoutView:
        """Ask for the payout."""
        return StayPetEscrow.release_payout(booking_id=self.booking_id, actor=self.sitter)

    def refund(self, stay: int, fee: int = 0) -> RefundView:
        """Refund parts."""
        return StayPetEscrow.refund(
            booking_id=self.booking_id, stay=usd(stay), owner_fee=usd(fee), reason="staff_decision", actor=None
        )

    def balances(self) -> tuple[int, int]:
        """Return what the ledger holds of stay and fee."""
        accounts = (AccountRef("escrow", self.booking_id), AccountRef("owner_fee_deferred", self.booking_id))
        stay, fee = (ledger.balance(account, "USD").amount_minor for account in accounts)
        return stay, fee


def a_day_passes(extra: int = 1) -> None:
    """Let 24 hours and a moment pass."""
    advance_business_clock(24 * 3600 + extra)


def system_balance(kind: str) -> int:
    """Return the natural balance of one of the company's accounts."""
    return ledger.balance(AccountRef(kind), "USD").amount_minor
