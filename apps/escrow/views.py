"""From private rows to the values that others may hold."""

from apps.common.money import Money
from apps.escrow.models import Hold, Refund, Release
from apps.escrow.types import HoldView, PayoutView, RefundView


def view_hold(hold: Hold) -> HoldView:
    """Return the hold as others may see it."""
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
        frozen=hold.frozen_at is not None,
        disputed=hold.disputed_at is not None,
    )


def view_payout(release: Release) -> PayoutView:
    """Return the payout as the sitter may see it."""
    return PayoutView(
        id=str(release.public_id),
        booking_id=release.hold.booking_id,
        status=release.status,
        amount=Money(release.payout_minor, release.currency),
        sitter_fee=Money(release.sitter_fee_minor, release.currency),
        released_at=release.settled_at,
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
