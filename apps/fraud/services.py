"""Judge a message with what is known of its sender, and write down what was found."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.common import events
from apps.common.db import require_transaction
from apps.fraud.events import MessageFlagged
from apps.fraud.models import FraudLog, Source
from apps.fraud.monitor import FraudMonitor
from apps.fraud.selectors import sender_history
from apps.fraud.states import Relation
from apps.fraud.types import Verdict

MONITOR = FraudMonitor()


def judge(
    *, text: str, sender_id: int | None = None, history: Sequence[str] = (), confirmed_booking: bool = False
) -> Verdict:
    """Return the verdict on a text; writes nothing. The sender's strikes of 30 days count against them."""
    return MONITOR.assess(
        text,
        history=history,
        confirmed_booking=confirmed_booking,
        sender=sender_history(sender_id) if sender_id is not None else None,
    )


def log_verdict(
    *,
    verdict: Verdict,
    sender: Any,
    receiver: Any,
    message_reference: UUID,
    conversation_reference: UUID,
    confirmed_booking: bool,
) -> FraudLog | None:
    """Write the log row of a flagged message and announce it; None when nothing was flagged.

    A step of the use case that stores the message. Raises: TransactionRequired.
    """
    require_transaction()
    if not verdict.flagged:
        return None
    row = FraudLog.objects.create(
        source=Source.MESSAGE,
        message_reference=message_reference,
        conversation_reference=conversation_reference,
        sender=sender,
        receiver=receiver,
        **_columns(verdict, confirmed_booking),
    )
    events.publish(
        MessageFlagged(
            log_id=str(row.public_id),
            message_id=str(message_reference),
            conversation_id=str(conversation_reference),
            sender_id=sender.pk,
            category=row.category,
            action=row.action,
            urgent=row.urgent,
        )
    )
    return row


def log_check(
    *, verdict: Verdict, checked_by: Any, conversation_reference: UUID | None, confirmed_booking: bool
) -> FraudLog | None:
    """Write the log row of a text that staff or a service had judged; it is no strike against anybody."""
    require_transaction()
    if not verdict.flagged:
        return None
    return FraudLog.objects.create(
        source=Source.CHECK,
        checked_by=checked_by,
        conversation_reference=conversation_reference,
        **_columns(verdict, confirmed_booking),
    )


def _columns(verdict: Verdict, confirmed_booking: bool) -> dict[str, Any]:
    return {
        "relation": Relation.BOOKED if confirmed_booking else Relation.BEFORE_BOOKING,
        "action": verdict.decision,
        "category": verdict.categories[0].name if verdict.categories else "",
        "categories": {str(found.name): found.score for found in verdict.categories},
        "findings": [
            {"category": str(hit.category), "rule": hit.rule, "start": hit.start, "end": hit.end, "score": hit.score}
            for found in verdict.categories
            for hit in found.evidence
        ],
        "score": Decimal(str(verdict.score)),
        "urgent": verdict.urgent,
        "needs_review": verdict.needs_review,
        "monitor_version": verdict.monitor_version,
    }
