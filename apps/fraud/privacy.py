"""What the fraud app holds of a person: that messages were flagged, and why. No words of theirs."""

from typing import Any

from apps.common.privacy import register
from apps.fraud.models import FraudLog


def export(user: Any) -> dict[str, Any]:
    """Return when, why and with what result the person's messages were flagged."""
    rows = FraudLog.objects.filter(sender=user).order_by("id")
    return {
        "flagged_messages": [
            {
                "message_id": str(row.message_reference),
                "categories": row.categories,
                "action": row.action,
                "flagged_at": row.created_at.isoformat(),
            }
            for row in rows
        ]
    }


def erase(user: Any) -> None:
    """Keep the log: it is append-only evidence and holds ids and scores, nothing personal to erase."""


register("fraud", export=export, erase=erase)
