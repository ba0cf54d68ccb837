"""Refunds that no card could take back: paid by a transfer from our bank, agreed by two people."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.hold import Hold
from apps.escrow.models.refund import Refund


class BankRefund(PublicModel):
    """One transfer to the owner in place of a failed refund; `refund` keeps its money from everybody else."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Waits for a second person"
        SENT = "sent", "Sent"
        REJECTED = "rejected", "Rejected; the money is held"
        RETURNED = "returned", "Returned by the bank; the money is held"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="bank_refunds")
    instead_of = models.ForeignKey(
        Refund, on_delete=models.PROTECT, related_name="bank_refunds", help_text="that the card could not take back"
    )
    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="bank_refund")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PROPOSED)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    reference = models.CharField(max_length=35, help_text="as the transfer shows it at both banks; no account number")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=business_now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "escrow_bank_refund"
        verbose_name = "refund by bank transfer"
        verbose_name_plural = "refunds by bank transfer"
        constraints = [
            models.UniqueConstraint(
                fields=["hold"], condition=Q(status="proposed"), name="escrow_bank_refund_one_open"
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=~Q(status="rejected"), name="escrow_bank_refund_one_a_reference"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="escrow_bank_refund_above_zero"),
            models.CheckConstraint(
                condition=Q(status="proposed", decided_by__isnull=True)
                | Q(status="rejected", decided_by__isnull=False)
                | Q(status__in=["sent", "returned"], decided_by__isnull=False) & ~Q(decided_by=F("proposed_by")),
                name="escrow_bank_refund_sent_by_a_second_person",
            ),
        ]

    @property
    def booking_id(self) -> str:
        """The booking whose owner gets it."""
        return self.hold.booking_id

    def __str__(self) -> str:
        return f"{Money(self.amount_minor, self.currency)} by transfer {self.reference}"


class BankRefundChange(models.Model):
    """One step of a refund by bank transfer; append-only."""

    id = models.BigAutoField(primary_key=True)
    bank_refund = models.ForeignKey(BankRefund, on_delete=models.PROTECT, related_name="changes")
    old_status = models.CharField(max_length=10, blank=True)
    new_status = models.CharField(max_length=10, choices=BankRefund.Status.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    happened_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_bank_refund_change"

    def __str__(self) -> str:
        return f"{self.new_status} at {self.happened_at.isoformat()}"
