"""Payments into a hold."""

from django.db import models
from django.db.models import Q

from apps.common.clock import business_now
from apps.escrow.models.hold import Hold


class Funding(models.Model):
    """One payment attempt for a hold; the one with `captured_at` brought the money."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="fundings")
    payment_id = models.CharField(max_length=64, unique=True)
    payment_method = models.CharField(max_length=255, help_text="the gateway's token, never a card")
    captured_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="failed or cancelled: not expected to bring money")
    surplus = models.BooleanField(default=False, help_text="brought money when the hold was already paid")
    created_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_funding"
        constraints = [
            models.UniqueConstraint(
                fields=["hold"],
                condition=Q(closed_at__isnull=True, captured_at__isnull=True),
                name="escrow_funding_one_open",
            ),
            models.CheckConstraint(
                condition=Q(captured_at__isnull=True) | Q(closed_at__isnull=True),
                name="escrow_funding_captured_or_closed",
            ),
            models.UniqueConstraint(
                fields=["hold"],
                condition=Q(captured_at__isnull=False, surplus=False),
                name="escrow_funding_one_counts",
            ),
        ]
