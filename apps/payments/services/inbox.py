"""The webhook inbox: keep the event once, answer at once; then fetch the object and recompute."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.common import audit, events
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, InvalidInput
from apps.payments.events import WebhookReceived
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayError, GatewayRefused, WebhookFacts
from apps.payments.gateways.stripe_api import API_VERSION
from apps.payments.models import WebhookEvent
from apps.payments.services.inbox_kinds import kind_of
from apps.payments.states import WebhookStatus

log = structlog.get_logger(__name__)
PARKED_FOR = timedelta(hours=24)
WAITING = (WebhookStatus.RECEIVED, WebhookStatus.PARKED)


def receive(payload: bytes, signature: str) -> None:
    """Verify the raw bytes and keep the event, once; a repeat changes nothing.

    Raises: InvalidInput `invalid_signature`.
    """
    try:
        facts = gateway().read_webhook(payload, signature)
    except GatewayRefused as refusal:
        raise InvalidInput(refusal.code, refusal.message) from refusal
    with transaction.atomic(durable=True):
        keep(facts)


def keep(facts: WebhookFacts) -> bool:
    """Keep an event once, within the caller's transaction; tell whether it is new.

    An event written in another API version is processed all the same, for its object is fetched again in ours;
    the first of each version is warned of.
    """
    require_transaction()
    relevant = kind_of(facts.type) is not None
    known = not facts.api_version or facts.api_version == API_VERSION
    first = not known and not WebhookEvent.objects.filter(api_version=facts.api_version).exists()
    row, fresh = WebhookEvent.objects.get_or_create(
        provider_event_id=facts.id,
        defaults={
            "type": facts.type[:80],
            "object_id": facts.object_id[:64],
            "api_version": facts.api_version[:40],
            "status": WebhookStatus.RECEIVED if relevant else WebhookStatus.IGNORED,
        },
    )
    if fresh and first:
        log.warning("other_api_version", version=facts.api_version[:40], ours=API_VERSION)
    if fresh and relevant:
        events.publish(WebhookReceived(webhook_id=row.pk))
    return fresh


def retry(webhook_pk: int, *, actor: Any, reason: str) -> None:
    """Have an event processed again that waits or was given up; the object is fetched again.

    Raises: Conflict `webhook_not_waiting` for one that is done.
    """
    with transaction.atomic(durable=True):
        rows = WebhookEvent.objects.filter(pk=webhook_pk, status__in=(WebhookStatus.PARKED, WebhookStatus.UNMATCHED))
        if not rows.update(status=WebhookStatus.PARKED, next_attempt_at=real_now(), processed_at=None):
            raise Conflict(
                "webhook_not_waiting", "This event is processed; only parked and unmatched ones are retried."
            )
        row = WebhookEvent.objects.get(pk=webhook_pk)
        audit.record(actor, "payments.webhook_retried", subject=f"webhook:{row.provider_event_id}", reason=reason)
        events.publish(WebhookReceived(webhook_id=webhook_pk))


def process(webhook_pk: int) -> str:
    """Process one event that is due and return its status; done or in other hands, nothing happens.

    The object is fetched again, so neither order nor age of events matters. An object that nobody
    here knows (yet) parks the event; after 24 hours it is given up as unmatched.
    """
    if not _claim(webhook_pk):
        return WebhookEvent.objects.values_list("status", flat=True).get(pk=webhook_pk)
    row = WebhookEvent.objects.get(pk=webhook_pk)
    kind = kind_of(row.type)
    assert kind is not None, "only relevant events are kept for processing"
    try:
        facts = kind.fetch(row.object_id)
        with transaction.atomic(durable=True):
            matched = facts is not None and kind.record(facts)
            _close(row, WebhookStatus.PROCESSED if matched else _parked(row), "" if matched else "nothing of ours yet")
    except Exception as error:
        with transaction.atomic(durable=True):
            _close(row, WebhookStatus.PARKED, f"{type(error).__name__}: {error}")
        if not isinstance(error, GatewayError):
            raise
    return row.status


def _claim(webhook_pk: int) -> bool:
    now = real_now()
    due = WebhookEvent.objects.filter(pk=webhook_pk, status__in=WAITING, next_attempt_at__lte=now)
    with transaction.atomic(durable=True):
        return bool(due.update(attempts=F("attempts") + 1, next_attempt_at=now + settings.OUTSIDE_CALL_LEASE))


def _parked(row: WebhookEvent) -> WebhookStatus:
    return WebhookStatus.PARKED if real_now() - row.received_at < PARKED_FOR else WebhookStatus.UNMATCHED


def _close(row: WebhookEvent, status: WebhookStatus, error: str) -> None:
    row.status = status
    row.last_error = error[:300]
    row.next_attempt_at = real_now() + min(
        settings.OUTSIDE_CALL_LONGEST_WAIT, timedelta(seconds=2 ** min(row.attempts, 10))
    )
    row.processed_at = None if status == WebhookStatus.PARKED else real_now()
    row.save(update_fields=["status", "last_error", "next_attempt_at", "processed_at"])


def process_due(limit: int = 50) -> int:
    """Process events that are due, oldest first; one that fails stops no other. Returns how many."""
    due = WebhookEvent.objects.filter(status__in=WAITING, next_attempt_at__lte=real_now())
    pks = list(due.order_by("id").values_list("pk", flat=True)[:limit])
    for pk in pks:
        try:
            process(pk)
        except Exception as error:
            log.exception("webhook_failed", webhook=pk, error=type(error).__name__)
    return len(pks)
