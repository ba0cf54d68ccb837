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
from apps.payments import services as payments
from apps.payments.gateways.port import MovementFacts
from apps.payments.models import Operation, Payment
from apps.payments.models import Refund as GatewayRefund
from apps.payments.services.recording import move_payment, record_refund
from apps.payments.states import PaymentStatus

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
    currency: str = "USD"

    @classmethod
    def open(
        cls, booking_id: str, owner: Any, sitter: Any, stay: int = 10_000, fee: int = 1_000, currency: str = "USD"
    ) -> "Story":
        """Open a hold with a sitter fee of 15 percent, in the open transaction."""
        terms = HoldTerms(booking_id, Money(stay, currency), Money(fee, currency), Decimal(15), sitter.pk)
        services.open_hold(terms)
        return cls(booking_id, owner, sitter, currency)

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

    def add(self, stay: int, fee: int = 0, card: str = VISA, change: str = "a-night-more") -> DepositView:
        """Pay the difference of a change."""
        return StayPetEscrow.add_funding(
            booking_id=self.booking_id,
            change_id=change,
            stay=Money(stay, self.currency),
            owner_fee=Money(fee, self.currency),
            payment_method=card,
            actor=self.owner,
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
            booking_id=self.booking_id,
            stay=Money(stay, self.currency),
            owner_fee=Money(fee, self.currency),
            reason="staff_decision",
            actor=None,
        )

    def balances(self) -> tuple[int, int]:
        """Return what the ledger holds of stay and fee."""
        accounts = (AccountRef("escrow", self.booking_id), AccountRef("owner_fee_deferred", self.booking_id))
        stay, fee = (ledger.balance(account, self.currency).amount_minor for account in accounts)
        return stay, fee


def a_day_passes(extra: int = 1) -> None:
    """Let 24 hours and a moment pass."""
    advance_business_clock(24 * 3600 + extra)


def system_balance(kind: str) -> int:
    """Return the natural balance of one of the company's accounts."""
    return ledger.balance(AccountRef(kind), "USD").amount_minor


def swept(since: datetime) -> None:
    """Let the sweep finish what hangs; `since` is any instant in the past."""
    Operation.objects.update(next_attempt_at=since, lease_until=None)
    payments.resume_stale(limit=1_000)


def fail_refund(gateway_refund_id: str | None) -> None:
    """The gateway refuses a refund for good, or the owner's bank returns it."""
    row = GatewayRefund.objects.get(public_id=str(gateway_refund_id))
    facts = MovementFacts(row.provider_id or "re_x", str(row.public_id), status="failed", amount=row.amount)
    with transaction.atomic():
        record_refund(row.pk, facts)


def succeed_late(payment_id: str) -> None:
    """The gateway reports a success for a payment that had failed or was cancelled."""
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(public_id=payment_id)
        payment.provider_id = payment.provider_id or f"pi_{payment.pk}"
        payment.charge_id = payment.charge_id or f"ch_{payment.pk}"
        move_payment(payment, PaymentStatus.SUCCEEDED)
