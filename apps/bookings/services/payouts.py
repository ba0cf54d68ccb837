"""The sitter asks for the payout of a stay."""

from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.states import BookingStatus
from apps.common.errors import Conflict
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.escrow.states import HoldState
from apps.escrow.types import PayoutView

_OVER = frozenset({BookingStatus.COMPLETED, BookingStatus.CANCELLED, BookingStatus.NO_SHOW})

# Wholly, or in part: what was refused is due again by itself.
_REFUSED = frozenset({"failed", "partial"})


def request_payout(*, actor: User, booking_id: str) -> PayoutView:
    """Pay the sitter out if it is time; a payout that was made is shown again.

    Raises: NotFound; Forbidden `only_the_sitter`; Conflict `stay_not_completed` |
    `payout_refused` (details: reason) and as `StayPetEscrow.release_payout`.
    """
    booking = selectors.access_as_sitter(actor, booking_id)
    key = str(booking.public_id)
    if booking.status not in _OVER:
        raise Conflict("stay_not_completed", "A payout follows a completed stay: complete it first.")
    if escrow_q.hold_of(key).state == HoldState.REFUNDED:
        raise Conflict("nothing_to_release", "Everything went back to the owner.")
    payout = escrow.StayPetEscrow.release_payout(booking_id=key, actor=actor)
    if payout.status in _REFUSED:
        raise Conflict(
            "payout_refused",
            "The payment provider refused the transfer. Check your payout account; we try again by ourselves.",
            {"reason": payout.failure_code},
            transient=True,
        )
    return payout
