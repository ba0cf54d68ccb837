"""The inbox's own follow-up: hand a fresh event to a worker. The sweep covers a broker that is down."""

from django.db import transaction

from apps.common import events
from apps.payments.events import WebhookReceived
from apps.payments.tasks import process_webhook


@events.subscribe(WebhookReceived)
def hand_to_worker(event: WebhookReceived) -> None:
    """Queue the event's processing once this transaction is committed."""

    def queue() -> None:
        process_webhook.delay(event.webhook_id)

    transaction.on_commit(queue, robust=True)
