"""Background work of accounts."""

from smtplib import SMTPException

from celery import shared_task

from apps.accounts.services import housekeeping, mailing


@shared_task(
    name="accounts.send_mail",
    autoretry_for=(OSError, SMTPException),
    retry_backoff=5,
    retry_backoff_max=600,
    max_retries=10,
)
def send_mail(kind: str, user_id: str) -> None:
    """Send one mail; while the mail server is down, try again for about an hour."""
    mailing.send(kind=kind, user_id=user_id)


@shared_task(name="accounts.prune")
def prune() -> None:
    """Forget challenges, counters and session families that can matter no more."""
    housekeeping.prune()
