"""What messaging holds of a person: the words that they wrote."""

from typing import Any

from django.db.models import Q

from apps.common.privacy import register
from apps.messaging.models import Conversation, Message

ERASED = "[message deleted]"


def export(user: Any) -> dict[str, Any]:
    """Return the person's conversations and everything they wrote; what others wrote is the others'."""
    conversations = Conversation.objects.filter(Q(owner=user) | Q(sitter=user)).order_by("id")
    messages = Message.objects.filter(sender=user).select_related("conversation").order_by("id")
    return {
        "conversations": [
            {"id": str(row.public_id), "started_at": row.created_at.isoformat()} for row in conversations
        ],
        "messages": [
            {
                "id": str(row.public_id),
                "conversation_id": str(row.conversation.public_id),
                "text": row.body,
                "decision": row.decision,
                "sent_at": row.created_at.isoformat(),
            }
            for row in messages
        ],
    }


def erase(user: Any) -> None:
    """Replace the words; that a message was sent, and when, stays for the other side and the fraud log."""
    for message in Message.objects.filter(sender=user).only("pk").iterator():
        Message.objects.filter(pk=message.pk).update(body=ERASED, masked_body=None, client_message_id=None)


register("messaging", export=export, erase=erase)
