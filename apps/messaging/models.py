"""Conversations between an owner and a sitter, and their messages."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import real_now
from apps.common.crypto import EncryptedTextField
from apps.common.models import PublicModel
from apps.fraud.states import Decision


class Conversation(PublicModel):
    """The one conversation of an owner with a sitter."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sitter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=real_now)
    last_message_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "messaging_conversation"
        constraints = [
            models.UniqueConstraint(fields=["owner", "sitter"], name="conversation_once_a_pair"),
            models.CheckConstraint(condition=~Q(owner=F("sitter")), name="conversation_of_two"),
        ]
        indexes = [
            models.Index(fields=["owner", "-last_message_at"], name="conversation_of_owner"),
            models.Index(fields=["sitter", "-last_message_at"], name="conversation_of_sitter"),
        ]

    def other(self, user_id: int) -> "models.Model":
        """Return the participant who is not this one."""
        return self.sitter if user_id == self.owner_id else self.owner


class Message(PublicModel):
    """What one wrote and what the other may read. Both texts are encrypted at rest."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages")
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    client_message_id = models.CharField(max_length=64, null=True)  # noqa: DJ001  null is "none given", and unique
    body = EncryptedTextField()
    masked_body = EncryptedTextField(null=True)  # set where it differs from the body
    decision = models.CharField(max_length=10, choices=Decision.choices)
    explanation = models.TextField(blank=True)
    created_at = models.DateTimeField(default=real_now)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_message"
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "sender", "client_message_id"], name="message_once_a_client_id"
            ),
            models.CheckConstraint(
                condition=Q(decision=Decision.BLOCK, delivered_at__isnull=True)
                | (~Q(decision=Decision.BLOCK) & Q(delivered_at__isnull=False)),
                name="message_blocked_is_not_delivered",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "-id"], name="message_of_conversation"),
            models.Index(fields=["sender", "-created_at"], name="message_of_sender"),
        ]

    def text_for(self, user_id: int) -> str:
        """Return the sender's own words to the sender, and what is left of them to anybody else."""
        if user_id == self.sender_id or self.masked_body is None:
            return str(self.body)
        return str(self.masked_body)
