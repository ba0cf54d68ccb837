"""Dead letters do not stay for ever: after a while nobody will look at them or take them again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from apps.common.clock import real_now
from apps.stations.models import DeadLetter

BATCH = 1_000
LOCK = "hashtext('stations.dead_letters')"


@contextmanager
def kept() -> Iterator[None]:
    """Keep every letter while some are taken again one after the other; a crash ends it with the connection."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock_shared({LOCK})")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_unlock_shared({LOCK})")


def prune_dead_letters() -> int:
    """Forget letters older than `DEAD_LETTERS_KEPT_DAYS`, by their last try where there was one; return how many.

    In batches, each a transaction, oldest first. Nothing goes while letters are taken again: the next run comes soon.
    """
    before, count = real_now() - timedelta(days=settings.DEAD_LETTERS_KEPT_DAYS), 0
    old = DeadLetter.objects.filter(received_at__lt=before).exclude(tried_at__gte=before).order_by("id")
    while True:
        with transaction.atomic(durable=True):
            if not _may_prune():
                return count
            batch = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
            count += DeadLetter.objects.filter(pk__in=batch).delete()[0]
        if len(batch) < BATCH:
            return count


def _may_prune() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({LOCK})")
        return bool(cursor.fetchone()[0])
