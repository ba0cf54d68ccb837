"""What beat kicks."""

from celery import shared_task

from apps.statements import services


@shared_task(name="statements.close_periods")
def close_periods() -> int:
    """Issue the statements of months that are over; return how many."""
    return services.close_periods()
