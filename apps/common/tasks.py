"""The kernel's background tasks."""

from datetime import timedelta

from celery import shared_task

from apps.common import heartbeats, relay
from apps.common.clock import real_now
from apps.common.models import IdempotencyRecord

KEEP_EVENTS = timedelta(days=14)
KEEP_IDEMPOTENCY = timedelta(hours=24)


@shared_task(name="common.worker_heartbeat")
def worker_heartbeat() -> None:
    """Prove that a worker takes tasks."""
    heartbeats.beat("worker")


@shared_task(name="common.prune")
def prune() -> None:
    """Forget delivered events after 14 days and idempotency keys after 24 hours."""
    relay.prune(real_now() - KEEP_EVENTS)
    IdempotencyRecord.objects.filter(created_at__lt=real_now() - KEEP_IDEMPOTENCY).delete()
