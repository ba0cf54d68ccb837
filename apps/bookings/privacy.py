"""What bookings hold of a person: the bookings themselves and what was written into them."""

from typing import Any

from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.models import Booking, NoShowReport, ProblemReport, Quote
from apps.common.privacy import register


def export(user: User) -> dict[str, Any]:
    """Return the person's bookings, as owner and as sitter."""
    return {
        "bookings": [
            {
                "id": str(booking.public_id),
                "reference": booking.reference,
                "as": "owner" if booking.owner_id == user.pk else "sitter",
                "status": booking.status,
                "service": booking.service,
                "start_date": booking.start_date.isoformat(),
                "end_date": booking.end_date.isoformat(),
                "total_minor": booking.total_minor,
                "currency": booking.currency,
                "message": booking.message,
                "created_at": booking.created_at.isoformat(),
            }
            for booking in Booking.objects.seen_by(user).order_by("id")
        ],
        "problem_reports": [
            {
                "booking": report.booking.reference,
                "category": report.category,
                "description": report.description,
                "reported_at": report.reported_at.isoformat(),
            }
            for report in ProblemReport.objects.filter(reporter=user).select_related("booking").order_by("id")
        ],
        "no_show_reports": [
            {
                "booking": report.review.booking.reference,
                "who": report.who,
                "note": report.note,
                "reported_at": report.reported_at.isoformat(),
            }
            for report in NoShowReport.objects.filter(reporter=user).select_related("review__booking").order_by("id")
        ],
    }


def blocks(user: User) -> list[str]:
    """Return why the person cannot be deleted yet: a stay or its money is still under way."""
    count = selectors.open_bookings_of(user)
    return [f"{count} of your bookings or their payments are not finished yet."] if count else []


def erase(user: User) -> None:
    """Empty what the person wrote; the booking itself stays for the books."""
    Booking.objects.filter(owner=user).update(message="")
    ProblemReport.objects.filter(reporter=user).update(description="")
    NoShowReport.objects.filter(reporter=user).update(note="")
    Quote.objects.filter(owner=user, booking__isnull=True).delete()


register("bookings", export=export, blocks=blocks, erase=erase)
