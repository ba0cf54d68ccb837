"""What beat kicks, and mails: what is due is found in Postgres."""

from smtplib import SMTPException

from celery import shared_task

from apps.bookings import services


@shared_task(name="bookings.expire_unpaid")
def expire_unpaid() -> int:
    """Expire what nobody paid or answered in time; return how many."""
    return services.expire_overdue()


@shared_task(name="bookings.complete_overdue")
def complete_overdue() -> int:
    """Complete stays that were handed over and that nobody ended; return how many."""
    return services.complete_overdue()


@shared_task(name="bookings.review_no_shows")
def review_no_shows() -> int:
    """Open a review of each stay that nobody started; return how many."""
    return services.review_no_shows()


@shared_task(name="bookings.prune")
def prune() -> int:
    """Forget prices that nobody booked; return how many."""
    return services.prune_quotes()


@shared_task(
    name="bookings.send_mail",
    autoretry_for=(OSError, SMTPException),
    retry_backoff=5,
    retry_backoff_max=600,
    max_retries=10,
)
def send_mail(kind: str, booking_id: str, side: str) -> None:
    """Send one mail to one side of a booking; while the mail server is down, try again for about an hour."""
    services.send_mail(kind=kind, booking_id=booking_id, side=side)
