"""Background work of the reconciliation."""

from celery import shared_task

from apps.reconciliation import services


@shared_task(name="reconciliation.reconcile_if_due")
def reconcile_if_due() -> None:
    """Run once a night; a night that failed is tried again."""
    services.reconcile_if_due()


@shared_task(name="reconciliation.reconcile")
def reconcile(person_id: int) -> None:
    """Run because somebody wants it."""
    services.reconcile_for(person_id)
