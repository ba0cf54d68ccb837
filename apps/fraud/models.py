"""The log of flagged messages. It holds where and why, never what was written."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.fraud.states import Category, Decision, Relation


class Source(models.TextChoices):
    """Who had the text judged."""

    MESSAGE = "message", "A message that was sent"
    CHECK = "check", "A check by staff or a service"


class FraudLog(PublicModel):
    """One flagged message: spans, rules and scores. Append-only; the text stays with messaging."""

    source = models.CharField(max_length=10, choices=Source.choices)
    # Opaque references: messages and conversations live on a floor above.
    message_reference = models.UUIDField(null=True, blank=True)
    conversation_reference = models.UUIDField(null=True, blank=True)
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    relation = models.CharField(max_length=20, choices=Relation.choices)
    action = models.CharField(max_length=10, choices=Decision.choices)
    category = models.CharField(max_length=30, choices=Category.choices, help_text="The one that scored highest.")
    categories = models.JSONField(help_text="Scores by category.")
    findings = models.JSONField(help_text="Rule, span (code points) and score of each match.")
    score = models.DecimalField(max_digits=4, decimal_places=3)
    urgent = models.BooleanField(default=False)
    needs_review = models.BooleanField(default=False)
    monitor_version = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "fraud_log"
        verbose_name = "flagged message"
        constraints = [
            models.UniqueConstraint(
                fields=["message_reference"],
                condition=Q(message_reference__isnull=False),
                name="fraud_log_once_a_message",
            ),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="fraud_log_score_is_a_share"),
            models.CheckConstraint(
                condition=~Q(source=Source.MESSAGE) | Q(sender__isnull=False, message_reference__isnull=False),
                name="fraud_log_message_has_a_sender",
            ),
        ]
        indexes = [
            models.Index(fields=["sender", "-created_at"], name="fraud_log_sender"),
            models.Index(fields=["conversation_reference", "-id"], name="fraud_log_conversation"),
            models.Index(fields=["category", "-id"], name="fraud_log_category"),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()}, {self.get_action_display().lower()}, {self.created_at:%Y-%m-%d %H:%M}"
