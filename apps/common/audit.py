"""The audit trail: who did what to which thing, and why."""

from typing import Any, Protocol

import structlog

from apps.common.models import AuditEntry


class Actor(Protocol):
    """Whoever acts: a user with a key."""

    pk: Any


def record(actor: Actor | None, action: str, subject: str, reason: str = "", **facts: Any) -> AuditEntry:
    """Append an audit row; `facts` are ids and plain values, never personal data or message bodies."""
    context = structlog.contextvars.get_contextvars()
    return AuditEntry.objects.create(
        actor_id=actor.pk if actor else None,
        action=action,
        subject=subject,
        reason=reason,
        facts=facts,
        request_id=str(context.get("request_id", "")),
    )
