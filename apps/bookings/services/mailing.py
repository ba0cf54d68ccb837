"""Mails about a stay to one of its two sides. Rendered at the moment of sending, as things are then."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from apps.bookings.models import Booking
from apps.common.db import outside_call
from apps.escrow import selectors as escrow_q

SUBJECTS = {
    "ended_by_itself": "Your stay {reference} is completed",
    "no_show_asked": "What happened with your stay {reference}?",
    "no_show_settled": "Your stay {reference}: what was settled",
    "bank_refund_sent": "Your refund for stay {reference} is on its way",
    "bank_refund_returned": "Your refund for stay {reference} came back to us",
}


def send_mail(*, kind: str, booking_id: str, side: str) -> bool:
    """Send one mail to the `owner` or the `sitter`; return whether one was sent. A repeat sends it again.

    Nothing goes to a suspended or deleted account.
    Raises: KeyError for an unknown kind; OSError or smtplib.SMTPException when mail is down.
    """
    subject = SUBJECTS[kind]
    related = Booking.objects.select_related("owner", "sitter__user", "no_show_review")
    booking = related.filter(public_id=booking_id).first()
    if booking is None:
        return False
    user = booking.owner if side == "owner" else booking.sitter.user
    if not user.is_active:
        return False
    context = {
        "user": user,
        "is_owner": side == "owner",
        "booking": booking,
        "outcome": getattr(getattr(booking, "no_show_review", None), "outcome", ""),
        "due_at": escrow_q.hold_of(booking_id).release_due_at,
        "transfer": escrow_q.bank_refund_of(booking_id),
        "base_url": settings.PUBLIC_BASE_URL,
    }
    body = render_to_string(f"mail/bookings/{kind}.txt", context)
    message = EmailMessage(subject=subject.format(reference=booking.reference), body=body, to=[user.email])
    with outside_call():
        message.send()
    return True
