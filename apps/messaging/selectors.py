"""Reads of messaging: the only doors to a conversation."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from apps.bookings import selectors as bookings
from apps.common.errors import NotFound
from apps.common.ids import parse_public_id
from apps.fraud.window import WINDOW
from apps.messaging.models import Conversation, Message

WINDOW_LIFE = timedelta(minutes=10)


def access_conversation(actor: Any, conversation_id: str) -> Conversation:
    """Return a conversation to one of its two participants. Raises: NotFound to anybody else."""
    return _by_id(_of(actor), conversation_id)


def conversations_of(actor: Any) -> QuerySet[Conversation]:
    """Return the actor's conversations with both participants at hand."""
    return _of(actor)


def find_conversation(conversation_id: str) -> Conversation:
    """Return any conversation, for callers that may judge on behalf of the company. Raises: NotFound."""
    return _by_id(Conversation.objects.all(), conversation_id)


def messages_of(actor: Any, conversation: Conversation) -> QuerySet[Message]:
    """Return what the actor may see: their own messages, and those that were delivered to them."""
    visible = Q(sender=actor) | Q(delivered_at__isnull=False)
    return Message.objects.filter(visible, conversation=conversation).select_related("sender")


def recent_texts(conversation: Conversation, sender_id: int, now: datetime) -> list[str]:
    """Return the sender's last texts of ten minutes, oldest first: the monitor's window."""
    rows = Message.objects.filter(conversation=conversation, sender_id=sender_id, created_at__gte=now - WINDOW_LIFE)
    return [row.body for row in rows.order_by("-id")[:WINDOW]][::-1]


def have_confirmed_booking(conversation: Conversation) -> bool:
    """Tell whether contact data between the two is legitimate by now."""
    return bookings.has_confirmed_booking(conversation.owner_id, conversation.sitter_id)


def _of(actor: Any) -> QuerySet[Conversation]:
    own = Q(owner=actor) | Q(sitter=actor)
    return Conversation.objects.filter(own).select_related("owner", "sitter")


def _by_id(conversations: QuerySet[Conversation], conversation_id: str) -> Conversation:
    public_id = parse_public_id(conversation_id)
    conversation = None if public_id is None else conversations.filter(public_id=public_id).first()
    if conversation is None:
        raise NotFound
    return conversation
