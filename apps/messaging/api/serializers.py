"""Bodies of the chat API."""

from typing import Any

from rest_framework import serializers

from apps.fraud.states import Category, Decision
from apps.messaging.models import Conversation, Message

LONGEST_TEXT = 4_000


class ConversationCreateSerializer(serializers.Serializer[Any]):
    """With whom."""

    sitter_id = serializers.CharField(max_length=64, help_text="The sitter's id, as the search gives it.")


class ParticipantSerializer(serializers.Serializer[Any]):
    """One of the two."""

    id = serializers.CharField()
    name = serializers.CharField()


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation as one of its participants sees it."""

    id = serializers.CharField()
    counterpart = ParticipantSerializer(help_text="The other participant.")
    created_at = serializers.DateTimeField()
    last_message_at = serializers.DateTimeField()


class MessageCreateSerializer(serializers.Serializer[Any]):
    """What to say."""

    text = serializers.CharField(max_length=LONGEST_TEXT, help_text=f"1 to {LONGEST_TEXT} characters.")
    client_message_id = serializers.CharField(
        max_length=64, required=False, help_text="Random, made by the client: a repeat stores nothing twice."
    )


class MessageSerializer(serializers.Serializer[Any]):
    """A message as the caller may read it."""

    id = serializers.CharField()
    conversation_id = serializers.CharField()
    sender_id = serializers.CharField()
    mine = serializers.BooleanField()
    text = serializers.CharField(help_text="The receiver reads it with hidden parts replaced.")
    hidden = serializers.BooleanField(help_text="Whether parts are hidden from the receiver.")
    delivered = serializers.BooleanField(help_text="False for a blocked message: only its sender sees it.")
    decision = serializers.ChoiceField(choices=Decision.choices, allow_null=True, help_text="To the sender alone.")
    explanation = serializers.CharField(allow_null=True, help_text="Why, and how to appeal. To the sender alone.")
    client_message_id = serializers.CharField(allow_null=True, help_text="To the sender alone.")
    created_at = serializers.DateTimeField()


class MonitorRequestSerializer(serializers.Serializer[Any]):
    """A text to judge."""

    text = serializers.CharField(max_length=LONGEST_TEXT)
    conversation_id = serializers.CharField(
        max_length=64, required=False, help_text="Tells whether the two have a confirmed booking."
    )


class EvidenceSerializer(serializers.Serializer[Any]):
    """One match; offsets count Unicode code points of the text."""

    rule = serializers.CharField()
    text = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    score = serializers.FloatField()


class CategorySerializer(serializers.Serializer[Any]):
    """One suspicion."""

    name = serializers.ChoiceField(choices=Category.choices)
    score = serializers.FloatField(min_value=0, max_value=1)
    evidence = EvidenceSerializer(many=True)


class VerdictSerializer(serializers.Serializer[Any]):
    """What the monitor thinks of a text."""

    decision = serializers.ChoiceField(choices=Decision.choices)
    score = serializers.FloatField(min_value=0, max_value=1)
    categories = CategorySerializer(many=True)
    masked_text = serializers.CharField(allow_blank=True)


def conversation_body(conversation: Conversation, actor: Any) -> dict[str, Any]:
    """Return the representation for one of the two."""
    other: Any = conversation.other(actor.pk)
    return {
        "id": str(conversation.public_id),
        "counterpart": {"id": str(other.public_id), "name": other.get_short_name()},
        "created_at": conversation.created_at,
        "last_message_at": conversation.last_message_at,
    }


def message_body(message: Message, conversation: Conversation, actor: Any) -> dict[str, Any]:
    """Return the representation for the sender, or for the receiver."""
    mine = message.sender_id == actor.pk
    return {
        "id": str(message.public_id),
        "conversation_id": str(conversation.public_id),
        "sender_id": str(message.sender.public_id),
        "mine": mine,
        "text": message.text_for(actor.pk),
        "hidden": message.masked_body is not None,
        "delivered": message.delivered_at is not None,
        "decision": message.decision if mine else None,
        "explanation": (message.explanation or None) if mine else None,
        "client_message_id": message.client_message_id if mine else None,
        "created_at": message.created_at,
    }
