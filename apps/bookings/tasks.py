"""What beat kicks: overdue bookings are found in Postgres."""

from celery import shared_task

from apps.bookings import services


@shared_task(name="bookings.expire_unpaid")
def expire_unpaid() -> int:
    """Expire what nobody paid or answered in time; return how many."""
    return services.expire_overdue()
