"""Disputes of the payments into a hold, as far as the hold is concerned."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.funding import Funding
from apps.escrow.models.hold import Hold


class DisputeQuerySet(models.QuerySet["Dispute"]):
    """Sets of disputes."""

    def undecided(self) -> Self:
        """Return those that stop refunds, claw backs and payouts."""
        return self.filter(status__in=[Dispute.Status.INQUIRY, Dispute.Status.OPEN])


class Dispute(PublicModel):
    """A cardholder's bank disputes one payment into a hold; what a loss cost whom."""

    class Status(models.TextChoices):
        INQUIRY = "inquiry", "The bank asks; no money has moved"
        OPEN = "open", "The bank has taken the money until it decides"
        WON = "won", "Won: the money is ours again"
        LOST = "lost", "Lost: the cardholder keeps the money"
        CLOSED = "closed", "The inquiry is closed"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="disputes")
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="disputes")
    dispute_id = models.CharField(max_length=64, unique=True, help_text="the payments app's dispute")
    status = models.CharField(max_length=10, choices=Status.choices)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    bank_reason = models.CharField(max_length=60, blank=True)
    evidence_due_at = models.DateTimeField(null=True)
    stay_lost_minor = models.BigIntegerField(default=0, help_text="lost of the stay price that was held")
    owner_fee_lost_minor = models.BigIntegerField(default=0, help_text="lost of the owner's fee that was held")
    borne_minor = models.BigIntegerField(default=0, help_text="lost beyond what was held: ours")
    recovered_minor = models.BigIntegerField(default=0, help_text="of what is ours, claimed from the sitter since")
    opened_at = models.DateTimeField(default=business_now)
    decided_at = models.DateTimeField(null=True)

    objects = DisputeQuerySet.as_manager()

    class Meta:
        db_table = "escrow_dispute"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, stay_lost_minor__gte=0, owner_fee_lost_minor__gte=0)
                & Q(borne_minor__gte=0, recovered_minor__gte=0, recovered_minor__lte=F("borne_minor")),
                name="escrow_dispute_within_loss",
            ),
        ]

    def __str__(self) -> str:
        return f"{Money(self.amount_minor, self.currency)}, {self.get_status_display()}"


class DisputeChange(models.Model):
    """A change of a dispute's status; append-only."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="changes")
    status = models.CharField(max_length=10, choices=Dispute.Status.choices)
    withdrawn_minor = models.BigIntegerField(help_text="what the bank held at that moment")
    happened_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_dispute_change"

    def __str__(self) -> str:
        return f"{self.status} at {self.happened_at.isoformat()}"
