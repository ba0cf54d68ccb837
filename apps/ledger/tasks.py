"""What beat kicks for the ledger."""

from celery import shared_task

from apps.ledger import services


@shared_task(name="ledger.cut")
def cut() -> None:
    """Count what became final by the day."""
    services.cut()
