"""From private rows to the values that others may hold."""

from django.db.models import Sum

from apps.common.money import Money
from apps.escrow.models import ClawBack, Goodwill, Hold, Receivable, Refund, Release, ReleasePart
from apps.escrow.states import PartStatus
from apps.escrow.types import ClawBackView, DepositView, GoodwillView, HoldView, PayoutView, ReceivableView, RefundView
from apps.payments.types import PaymentView


def view_hold(hold: Hold, *, frozen: bool | None = None) -> HoldView:
    """Return the hold as others may see it; `frozen` spares the question to whoever has asked it."""
    return HoldView(
        id=str(hold.public_id),
        booking_id=hold.booking_id,
        state=hold.state,
        stay=hold.stay,
        owner_fee=hold.owner_fee,
        stay_left=hold.stay_left,
        owner_fee_left=hold.owner_fee_left,
        sitter_fee_pct=hold.sitter_fee_pct,
        release_due_at=hold.release_due_at,
        frozen=hold.is_frozen() if frozen is None else frozen,
        disputed=hold.disputed_at is not None,
    )


def view_deposit(hold: Hold, payment: PaymentView, *, frozen: bool | None = None) -> DepositView:
    """Return what came of a deposit, or of a change's difference, as its payer may see it."""
    return DepositView(
        hold=view_hold(hold, frozen=frozen),
        payment_id=payment.id,
        payment_status=payment.status,
        failure_code=payment.failure_code or "",
        failure_message=payment.failure_message or "",
        client_secret=payment.client_secret if payment.status == "requires_action" else None,
    )


def view_payout(release: Release) -> PayoutView:
    """Return the payout as the sitter may see it, with what earlier attempts of it have brought already."""
    parts = ReleasePart.objects.filter(release__hold=release.hold)
    if release.status == Release.Status.FAILED:
        parts = parts.filter(release=release)
    else:
        parts = parts.exclude(status=PartStatus.FAILED)
    sums = parts.aggregate(payout=Sum("payout_minor"), fee=Sum("sitter_fee_minor"), offset=Sum("offset_minor"))
    payout, fee, offset = (Money(sums[name] or 0, release.currency) for name in ("payout", "fee", "offset"))
    return PayoutView(
        id=str(release.public_id),
        booking_id=release.hold.booking_id,
        status=release.status,
        amount=payout,
        sitter_fee=fee,
        released_at=release.settled_at,
        offset=offset,
        failure_code=release.failure_code,
    )


def view_refund(refund: Refund) -> RefundView:
    """Return the refund as owner and sitter may see it."""
    return RefundView(
        id=str(refund.public_id),
        booking_id=refund.hold.booking_id,
        status=refund.status,
        stay=Money(refund.stay_minor, refund.currency),
        owner_fee=Money(refund.owner_fee_minor, refund.currency),
        reason=refund.reason,
    )


def view_claw_back(row: ClawBack) -> ClawBackView:
    """Return the claw back as others may see it."""
    return ClawBackView(
        id=str(row.public_id),
        booking_id=row.hold.booking_id,
        aim=row.aim,
        status=row.status,
        stay=Money(row.stay_minor, row.currency),
        owner_fee=Money(row.owner_fee_minor, row.currency),
        sitter=Money(row.sitter_minor, row.currency),
        reversed=Money(row.reversed_minor, row.currency),
        reason=row.reason,
    )


def view_receivable(row: Receivable) -> ReceivableView:
    """Return a sitter's debt as others may see it."""
    return ReceivableView(
        id=str(row.public_id),
        booking_id=row.claw_back_part.claw_back.hold.booking_id,
        amount=Money(row.amount_minor, row.currency),
        open=Money(row.open_minor, row.currency),
    )


def view_goodwill(row: Goodwill) -> GoodwillView:
    """Return a gift as others may see it."""
    return GoodwillView(
        id=str(row.public_id),
        booking_id=row.hold.booking_id,
        status=row.status,
        amount=Money(row.amount_minor, row.currency),
        reason=row.reason,
    )
