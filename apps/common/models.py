"""Rows of the kernel: outbox, idempotency, audit, heartbeats and the business clock."""

from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.crypto import EncryptedTextField
from apps.common.ids import uuid7


class PublicModel(models.Model):
    """A row with a bigint key inside and a UUIDv7 outside (`public_id`, the API's `id`)."""

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)

    class Meta:
        abstract = True


class OutboxEvent(models.Model):
    """An event of a committed transaction, waiting for its handlers."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120)
    payload = models.JSONField()
    published_at = models.DateTimeField(default=real_now)
    next_attempt_at = models.DateTimeField(default=real_now)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    delivered_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "common_outbox_event"
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(delivered_at__isnull=True, dead_at__isnull=True),
                name="outbox_event_waiting",
            ),
            models.Index(fields=["dead_at"], condition=Q(dead_at__isnull=False), name="outbox_event_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class OutboxDelivery(models.Model):
    """One handler has done its part for one event; written in the handler's own transaction."""

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField(max_length=200)
    delivered_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "common_outbox_delivery"
        constraints = [models.UniqueConstraint(fields=["event", "handler"], name="outbox_delivery_once")]


class IdempotencyRecord(models.Model):
    """A request that may be repeated: who, which route, which body, and the answer once there is one."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=100)
    route = models.CharField(max_length=100)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    lease_token = models.UUIDField(default=uuid7)
    lease_expires_at = models.DateTimeField()
    response_status = models.PositiveSmallIntegerField(null=True)
    response_body = EncryptedTextField(null=True)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "common_idempotency_record"
        constraints = [models.UniqueConstraint(fields=["scope", "route", "key"], name="idempotency_record_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_record_age")]


class AuditEntry(models.Model):
    """Who did what to which thing, and why. Append-only; ids, never personal values."""

    id = models.BigAutoField(primary_key=True)
    # A number, not a foreign key: the kernel lies below accounts, and history outlives its people.
    actor_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    reason = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "common_audit_entry"
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_entry_subject"),
            models.Index(fields=["actor_id", "-id"], name="audit_entry_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.subject}"


class Heartbeat(models.Model):
    """When a background process last said that its loop turns."""

    name = models.CharField(primary_key=True, max_length=60)
    beaten_at = models.DateTimeField()
    facts = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "common_heartbeat"

    def __str__(self) -> str:
        return self.name


class BusinessClock(models.Model):
    """The one row that demo and test settings may move forward."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    offset_seconds = models.BigIntegerField(default=0)

    class Meta:
        db_table = "common_business_clock"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="business_clock_is_one_row"),
            models.CheckConstraint(condition=Q(offset_seconds__gte=0), name="business_clock_not_behind"),
        ]
