"""Refunds of a hold to its owner."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.escrow.models.hold import Hold


class Refund(PublicModel):
    """One refund to the owner, by component."""

    class Status(models.TextChoices):
        IN_TRANSIT = "in_transit", "The refund is under way"
        PAID = "paid", "The refund is confirmed"
        FAILED = "failed", "The refund was refused or returned; the money is held"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="refunds")
    refund_id = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.IN_TRANSIT)
    currency = models.CharField(max_length=3)
    stay_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    failure_code = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(default=business_now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "escrow_refund"
        constraints = [
            models.UniqueConstraint(fields=["hold"], condition=Q(status="in_transit"), name="escrow_refund_one_alive"),
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0)
                & (Q(stay_minor__gt=0) | Q(owner_fee_minor__gt=0)),
                name="escrow_refund_moves_money",
            ),
        ]
