"""What bookings do when something has happened: they write to both people."""

from apps.bookings import events as happened
from apps.bookings import tasks
from apps.common.events import subscribe
from apps.escrow.events import BankRefundMoved

SIDES = ("owner", "sitter")


@subscribe(happened.StayEndedByItself)
def mail_ended(event: happened.StayEndedByItself) -> None:
    """Tell both that the stay was completed, and until when the owner may report a problem."""
    _tell_both("ended_by_itself", event.booking_id)


@subscribe(happened.NoShowReviewOpened)
def mail_question(event: happened.NoShowReviewOpened) -> None:
    """Ask both what happened."""
    _tell_both("no_show_asked", event.booking_id)


@subscribe(happened.NoShowSettled)
def mail_outcome(event: happened.NoShowSettled) -> None:
    """Tell both what was settled, and where the money goes."""
    _tell_both("no_show_settled", event.booking_id)


@subscribe(BankRefundMoved)
def mail_transfer(event: BankRefundMoved) -> None:
    """Tell the owner of a transfer that was sent, and of one that came back."""
    if event.status in {"sent", "returned"}:
        tasks.send_mail.delay(f"bank_refund_{event.status}", event.booking_id, "owner")


def _tell_both(kind: str, booking_id: str) -> None:
    for side in SIDES:
        tasks.send_mail.delay(kind, booking_id, side)
