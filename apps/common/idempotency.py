"""Idempotency keys: a request that moves money or starts a bay may be repeated safely.

The key belongs to (scope, route) and lives 24 hours. Same key and body: the stored answer. Other
body: 409. Still running: 409. An answer about a moment that passes by itself is not stored. A lease
of 60 seconds lets a repeat resume after a crash; what the use case did until then is found again by
its own rows.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput
from apps.common.ids import uuid7
from apps.common.models import IdempotencyRecord

LEASE = timedelta(seconds=60)
LIFETIME = timedelta(hours=24)
# Answers that settle the request. A 400, 401, 403 or 404 did nothing and may be corrected under the
# same key; a 429 or 5xx asks for a repeat.
STORED = frozenset({200, 201, 202, 204, 402, 409})


@dataclass(frozen=True)
class Lease:
    """The right to run the request now."""

    record_id: int
    token: UUID


@dataclass(frozen=True)
class StoredAnswer:
    """The answer that this request has already had."""

    status: int
    body: Any


def fingerprint(path: str, data: Any) -> str:
    """Return the SHA-256 of path and body, independent of the order of keys."""
    text = json.dumps([path, data], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def begin(*, scope: str, route: str, key: str, body_fingerprint: str) -> Lease | StoredAnswer:
    """Claim the key or return what it stands for.

    Raises: InvalidInput for an unusable key; Conflict `idempotency_key_reused` for another body,
    `idempotency_in_progress` while the first request runs.
    """
    if not 8 <= len(key) <= 255 or not key.isprintable():
        raise InvalidInput.field(
            "Idempotency-Key",
            "Send this header with 8 to 255 printable characters, new for each operation.",
        )
    now = real_now()
    with transaction.atomic(durable=True):
        IdempotencyRecord.objects.filter(scope=scope, route=route, key=key, created_at__lt=now - LIFETIME).delete()
        token = uuid7()
        IdempotencyRecord.objects.bulk_create(
            [
                IdempotencyRecord(
                    scope=scope, route=route, key=key, fingerprint=body_fingerprint,
                    lease_token=token, lease_expires_at=now + LEASE,
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        record = IdempotencyRecord.objects.select_for_update().get(scope=scope, route=route, key=key)
        if record.lease_token == token:
            return Lease(record.id, token)
        return _repeat(record, body_fingerprint)


def _repeat(record: IdempotencyRecord, body_fingerprint: str) -> Lease | StoredAnswer:
    if record.fingerprint != body_fingerprint:
        raise Conflict(
            "idempotency_key_reused",
            "This Idempotency-Key belongs to another request. Use a new key for a new operation.",
        )
    if record.response_status is not None:
        return StoredAnswer(record.response_status, json.loads(record.response_body or "null"))
    if record.lease_expires_at > real_now():
        raise Conflict(
            "idempotency_in_progress",
            "The same request is still running. Ask again in a few seconds.",
            {"retry_after_seconds": 2},
        )
    record.lease_token = uuid7()
    record.lease_expires_at = real_now() + LEASE
    record.save(update_fields=["lease_token", "lease_expires_at"])
    return Lease(record.id, record.lease_token)


def finish(lease: Lease, *, status: int, body: Any, transient: bool = False) -> None:
    """Store the answer if it settles the request, else free the key; a lost lease changes nothing.

    `transient`: the answer is about a moment (a payment under way, a hold that has not elapsed), and
    the same request may succeed later: nothing is stored.
    """
    mine = IdempotencyRecord.objects.filter(id=lease.record_id, lease_token=lease.token, response_status=None)
    if status in STORED and not transient:
        mine.update(response_status=status, response_body=json.dumps(body, default=str))
    else:
        mine.delete()


def free(lease: Lease) -> None:
    """Forget the request whose answer was stored before it began: it was refused, and may come again."""
    IdempotencyRecord.objects.filter(id=lease.record_id, lease_token=lease.token).delete()
