"""Reads of protected payments. Who may ask is decided by the app that owns the booking."""

from datetime import datetime

from apps.common.clock import business_now
from apps.common.errors import NotFound
from apps.common.money import Money
from apps.escrow.earnings import earnings as earnings
from apps.escrow.earnings import payees_since as payees_since
from apps.escrow.models import BankRefund, Hold, Refund, Release
from apps.escrow.states import HoldState
from apps.escrow.types import BankRefundView, DepositView, HoldView, MoneyThen, PayoutView, RefundView, Whereabouts
from apps.escrow.views import view_deposit, view_hold, view_payout, view_refund
from apps.escrow.whereabouts import money_then
from apps.payments import selectors as payments


def hold_of(booking_id: str) -> HoldView:
    """Return the hold of a booking.

    Raises: NotFound.
    """
    return view_hold(_hold(booking_id))


def deposit_of(booking_id: str, payment_method: str) -> DepositView:
    """Return how the latest deposit of a booking with this payment method stands now; nothing is asked of anybody.

    Raises: NotFound without such an attempt.
    """
    hold = _hold(booking_id)
    attempt = hold.fundings.filter(change_id="", payment_method=payment_method).order_by("id").last()
    if attempt is None:
        raise NotFound
    return view_deposit(hold, payments.payment(attempt.payment_id))


def payout_of(booking_id: str) -> PayoutView | None:
    """Return the payout that is under way or done, wholly or in part, if there is one."""
    alive = Release.objects.select_related("hold").exclude(status=Release.Status.FAILED)
    release = alive.filter(hold__booking_id=booking_id).order_by("id").last()
    return view_payout(release) if release else None


def refunds_of(booking_id: str) -> list[RefundView]:
    """Return all refunds of a booking, oldest first."""
    rows = Refund.objects.select_related("hold").filter(hold__booking_id=booking_id)
    return [view_refund(row) for row in rows.order_by("id")]


def bank_refund_of(booking_id: str) -> BankRefundView | None:
    """Return the latest transfer to the owner in place of a failed refund, if there is one that nobody rejected."""
    rows = BankRefund.objects.filter(hold__booking_id=booking_id).exclude(status=BankRefund.Status.REJECTED)
    row = rows.order_by("id").last()
    return BankRefundView(row.status, Money(row.amount_minor, row.currency), row.reference) if row else None


def money_of(booking_id: str, as_of: datetime | None = None) -> MoneyThen:
    """Say in plain words where each cent of a booking is, or was at an instant; it adds up to what was paid.

    Raises: NotFound.
    """
    return money_then(_hold(booking_id), as_of or business_now())


def whereabouts(booking_id: str, as_of: datetime | None = None) -> list[Whereabouts]:
    """Return the places of `money_of` alone.

    Raises: NotFound.
    """
    return money_of(booking_id, as_of).places


def payouts_due() -> int:
    """Return how many payouts are due now and blocked by nothing."""
    return Hold.objects.payable(business_now()).count()


def payouts_blocked() -> int:
    """Return how many payouts wait although their clock runs: frozen, disputed, or the payee is not paid."""
    return Hold.objects.filter(state=HoldState.RELEASE_DUE).blocked().count()


def _hold(booking_id: str) -> Hold:
    hold = Hold.objects.filter(booking_id=booking_id).first()
    if hold is None:
        raise NotFound
    return hold
