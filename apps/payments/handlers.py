"""The inbox's own follow-up: hand a fresh event to a worker. The sweep covers a broker that is down."""

from functools import partial

from django.db import transaction

from apps.common import events
from apps.payments.events import WebhookReceived
from apps.payments.tasks import process_webhook


@events.subscribe(WebhookReceived)
def hand_to_worker(event: WebhookReceived) -> None:
    """Queue the event's processing once this transaction is committed."""
    transaction.on_commit(partial(process_webhook.delay, event.webhook_id), robust=True)
