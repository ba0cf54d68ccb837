"""Reads of the fraud app."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.accounts import selectors as accounts
from apps.common.clock import real_now
from apps.fraud.models import FraudLog, Source
from apps.fraud.states import Decision
from apps.fraud.types import SenderHistory

STRIKE_LIFE = timedelta(days=30)
_MOST_STRIKES = 100  # the policy's rows ask for single figures; a flood is not worth counting


def sender_history(sender_id: int) -> SenderHistory:
    """Return the sender's strikes by category: flagged messages of the last 30 days."""
    rows = FraudLog.objects.filter(
        sender_id=sender_id, source=Source.MESSAGE, created_at__gte=real_now() - STRIKE_LIFE
    ).exclude(action=Decision.ALLOW)
    strikes: Counter[str] = Counter()
    for categories in rows.order_by("-created_at").values_list("categories", flat=True)[:_MOST_STRIKES]:
        strikes.update(categories.keys())
    return SenderHistory(strikes=dict(strikes))


def may_see_log(actor: Any) -> bool:
    """Tell whether the actor is of Trust & Safety (administrators are)."""
    return accounts.belongs_to(actor, "Trust & Safety")


def flagged_counts(since: datetime) -> dict[str, int]:
    """Return how many messages were flagged since then, by what was done, of the newest 5,000."""
    newest = FraudLog.objects.order_by("-id").values("id")[:5_000]
    rows = FraudLog.objects.filter(id__in=newest, source=Source.MESSAGE, created_at__gte=since).order_by()
    return dict(rows.exclude(action=Decision.ALLOW).values_list("action").annotate(number=Count("id")))


def flagged(actor: Any, *, conversation_id: UUID | None = None, category: str | None = None) -> QuerySet[FraudLog]:
    """Return the part of the log that the actor may read: all of it for Trust & Safety, else nothing."""
    if not may_see_log(actor):
        return FraudLog.objects.none()
    rows = FraudLog.objects.all()
    if conversation_id is not None:
        rows = rows.filter(conversation_reference=conversation_id)
    return rows.filter(category=category) if category else rows
