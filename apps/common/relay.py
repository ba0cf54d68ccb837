"""The outbox relay: takes committed events to their handlers.

Any number of relays may run: a row is claimed with FOR UPDATE SKIP LOCKED for as long as its
handlers run. A failing handler is tried again with growing pauses; after `MAX_ATTEMPTS` the event is
a dead letter, shown in the console and by the health page, and can be sent again.
"""

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Min
from django.db.models.functions import Now

from apps.common import events
from apps.common.clock import real_now
from apps.common.models import OutboxDelivery, OutboxEvent

log = structlog.get_logger(__name__)

BATCH = 50
MAX_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(minutes=15)


def deliver_batch() -> int:
    """Try up to `BATCH` waiting events; return how many were tried."""
    due = (
        OutboxEvent.objects.filter(delivered_at=None, dead_at=None, next_attempt_at__lte=real_now())
        .order_by("next_attempt_at", "id")
        .values_list("id", flat=True)[:BATCH]
    )
    return sum(_deliver_one(event_id) for event_id in list(due))


def deliver_until_empty(limit: int = 1000) -> int:
    """Deliver until nothing is due; return how many events were tried.

    Raises: RuntimeError when more than `limit` rounds were needed (handlers feed each other).
    """
    total = 0
    for _ in range(limit):
        tried = deliver_batch()
        if not tried:
            return total
        total += tried
    raise RuntimeError("Events keep making events: two handlers feed each other.")


def _deliver_one(event_id: int) -> int:
    with transaction.atomic():
        row = (
            OutboxEvent.objects.select_for_update(skip_locked=True)
            .filter(id=event_id, delivered_at=None, dead_at=None)
            .first()
        )
        if row is None:
            return 0
        failure = _run_handlers(row)
        if failure is None:
            row.delivered_at = real_now()
        else:
            _postpone(row, failure)
        row.save(update_fields=["delivered_at", "dead_at", "attempts", "next_attempt_at", "last_error"])
    return 1


def _run_handlers(row: OutboxEvent) -> Exception | None:
    """Run the handlers that have not run yet; return the first failure, after trying all."""
    done = set(row.deliveries.values_list("handler", flat=True))
    failure: Exception | None = None
    try:
        event = events.rebuild(row.name, row.payload)
    except (KeyError, TypeError) as error:
        return error
    for name, handler in events.handlers_of(row.name):
        if name in done:
            continue
        try:
            with transaction.atomic():
                OutboxDelivery.objects.create(event=row, handler=name)
                handler(event)
        except Exception as error:
            log.warning(
                "outbox.handler_failed",
                event_name=row.name,
                event_id=row.id,
                handler=name,
                error=type(error).__name__,
            )
            failure = failure or error
    return failure


def _postpone(row: OutboxEvent, failure: Exception) -> None:
    row.attempts += 1
    # The class and, for database errors, nothing more: a message may quote a row's values.
    detail = "" if isinstance(failure, DatabaseError) else f": {failure}"
    row.last_error = f"{type(failure).__name__}{detail}"[:300]
    pause = min(timedelta(seconds=2**row.attempts), LONGEST_PAUSE)
    row.next_attempt_at = real_now() + pause
    if row.attempts >= MAX_ATTEMPTS:
        row.dead_at = real_now()
        log.error("outbox.dead_letter", event_name=row.name, event_id=row.id, error=type(failure).__name__)


def lag_seconds() -> float:
    """Return the age of the oldest event that waits, in seconds; 0 when none waits."""
    oldest = OutboxEvent.objects.filter(delivered_at=None, dead_at=None).aggregate(at=Min("published_at"))["at"]
    return max(0.0, (real_now() - oldest).total_seconds()) if oldest else 0.0


def dead_letters() -> int:
    """Return how many events gave up."""
    return OutboxEvent.objects.filter(dead_at__isnull=False).count()


def send_again(event_ids: list[int]) -> int:
    """Give dead letters a new life; return how many."""
    return OutboxEvent.objects.filter(id__in=event_ids, dead_at__isnull=False).update(
        dead_at=None, attempts=0, next_attempt_at=Now()
    )


def prune(before: datetime) -> int:
    """Forget delivered events older than `before`; return how many rows went."""
    return OutboxEvent.objects.filter(delivered_at__lt=before).delete()[0]
