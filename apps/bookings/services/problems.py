"""The owner reports a problem: the clock to the payout stops until staff has looked."""

from django.db import transaction

from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.events import ProblemReported
from apps.bookings.models import ProblemReport
from apps.bookings.services.moves import lock_booking, wrong_state
from apps.bookings.states import BookingStatus
from apps.common import events
from apps.common.errors import Conflict
from apps.escrow import services as escrow
from apps.escrow.states import HoldState

# CANCELLED: an owner may have cancelled too late for a refund because the sitter did not come.
# NO_SHOW: an owner may object to what was settled about it.
_WHILE = frozenset({BookingStatus.IN_PROGRESS, BookingStatus.COMPLETED, BookingStatus.CANCELLED, BookingStatus.NO_SHOW})
_STILL_HELD = frozenset({HoldState.HELD, HoldState.RELEASE_DUE})


def report_problem(*, actor: User, booking_id: str, category: str, description: str) -> ProblemReport:
    """Keep the report and freeze the payment. The first report of a booking stands.

    Raises: NotFound; Forbidden `only_the_owner`; Conflict `booking_moved` before the stay has begun,
    `hold_elapsed` once the payout is under way, `problem_already_reported`.
    """
    key = str(selectors.access_as_owner(actor, booking_id).public_id)
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        if booking.status not in _WHILE:
            raise wrong_state(booking)
        if booking.escrow_status not in _STILL_HELD:
            raise Conflict("hold_elapsed", "The payment has left protection: write to support.")
        if ProblemReport.objects.filter(booking=booking).exists():
            raise Conflict("problem_already_reported", "We have your report and are looking into it.")
        report = ProblemReport.objects.create(
            booking=booking, reporter=actor, category=category, description=description
        )
        escrow.freeze_in_use_case(booking_id=key, actor=actor, reason=f"problem reported: {category}")
        events.publish(ProblemReported(booking_id=key, report_id=str(report.public_id), category=category))
    return report
