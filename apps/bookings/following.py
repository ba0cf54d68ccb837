"""How a booking follows its hold, in the same transaction: escrow knows no booking."""

from collections.abc import Sequence

from apps.bookings.models import Booking
from apps.bookings.services.payment import settle_paid, wants_change
from apps.escrow.listeners import HoldListener
from apps.escrow.types import HoldMove


class BookingFollowsHold(HoldListener):
    """Keeps `escrow_status` true and turns held money into a request to the sitter."""

    def hold_moved(self, hold: HoldMove) -> None:
        """Copy the hold's state."""
        Booking.objects.filter(public_id=hold.booking_id).update(escrow_status=hold.state)

    def holds_moved(self, holds: Sequence[HoldMove]) -> None:
        """Copy the state that all of them have moved to."""
        for state in {hold.state for hold in holds}:
            ids = [hold.booking_id for hold in holds if hold.state == state]
            Booking.objects.filter(public_id__in=ids).update(escrow_status=state)

    def funds_held(self, hold: HoldMove) -> None:
        """Copy the hold's state and ask the sitter, or send late money back."""
        settle_paid(hold)

    def wants_change(self, hold: HoldMove, change_id: str) -> bool:
        """Keep the money for a change while the stay is on; for one that is over or off it goes back."""
        return wants_change(hold.booking_id)
