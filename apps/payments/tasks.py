"""Background work of payments; each task finds what is due in Postgres."""

from celery import shared_task

from apps.payments import services


@shared_task(name="payments.process_webhook")
def process_webhook(webhook_id: int) -> None:
    """Process one event of the inbox."""
    services.process(webhook_id)


@shared_task(name="payments.process_webhooks")
def process_webhooks() -> None:
    """Process events that are due: parked ones, and those whose task was lost."""
    services.process_due()


@shared_task(name="payments.resume_stale")
def resume_stale() -> None:
    """Resume outside calls whose answer is missing."""
    services.resume_stale()


@shared_task(name="payments.sweep_events")
def sweep_events() -> None:
    """Fetch the events whose webhooks were lost."""
    services.sweep_events()


@shared_task(name="payments.check_gateway")
def check_gateway() -> None:
    """Look whether our account at the gateway is set up as it must be."""
    services.check_gateway()
