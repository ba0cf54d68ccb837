"""Payouts of a hold to its sitter."""

from django.db import models
from django.db.models import Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.escrow.models.hold import Hold


class Release(PublicModel):
    """One attempt to pay a sitter out; failed ones stay as history."""

    class Status(models.TextChoices):
        IN_TRANSIT = "in_transit", "The transfer is under way"
        PAID = "paid", "The transfer is confirmed"
        FAILED = "failed", "The transfer was refused; the money is back in escrow"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="releases")
    transfer_id = models.CharField(max_length=64, blank=True, help_text="empty when nothing is paid")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.IN_TRANSIT)
    currency = models.CharField(max_length=3)
    payout_minor = models.BigIntegerField()
    sitter_fee_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    failure_code = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(default=business_now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "escrow_release"
        constraints = [
            models.UniqueConstraint(
                fields=["hold"],
                condition=~Q(status="failed"),
                name="escrow_release_one_alive",
            ),
            models.UniqueConstraint(
                fields=["transfer_id"], condition=~Q(transfer_id=""), name="escrow_release_transfer"
            ),
        ]
