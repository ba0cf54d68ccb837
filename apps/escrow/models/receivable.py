"""What sitters owe back after a claw back that did not bring everything."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.claw_back import ClawBackPart
from apps.escrow.models.release import ReleasePart


class ReceivableQuerySet(models.QuerySet["Receivable"]):
    """Sets of debts."""

    def open(self) -> Self:
        """Return the debts of which something is still owed, oldest first."""
        return self.filter(open_minor__gt=0).order_by("id")


class Receivable(PublicModel):
    """One sitter's debt from one shortfall; the ledger's `sitter_receivable` is the sum of all of a sitter."""

    payee_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    claw_back_part = models.OneToOneField(ClawBackPart, on_delete=models.PROTECT, related_name="receivable")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    open_minor = models.BigIntegerField(help_text="neither settled out of payouts nor written off")
    created_at = models.DateTimeField(default=business_now)

    objects = ReceivableQuerySet.as_manager()

    class Meta:
        db_table = "escrow_receivable"
        indexes = [
            models.Index(fields=["payee_user", "id"], condition=Q(open_minor__gt=0), name="escrow_receivable_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, open_minor__gte=0, open_minor__lte=F("amount_minor")),
                name="escrow_receivable_within_debt",
            ),
        ]

    def __str__(self) -> str:
        return f"{Money(self.open_minor, self.currency)} of {Money(self.amount_minor, self.currency)} owed"


class ReceivableChange(PublicModel):
    """What happened to a debt; append-only. The open amount is the sum of all changes."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Owed since a claw back came up short"
        OFFSET = "offset", "Kept from a payout"
        OFFSET_UNDONE = "offset_undone", "The payout was refused: owed again"
        WRITTEN_OFF = "written_off", "Written off: our loss"

    receivable = models.ForeignKey(Receivable, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount_minor = models.BigIntegerField(help_text="positive: owed more; negative: owed less")
    release_part = models.ForeignKey(ReleasePart, on_delete=models.PROTECT, null=True, related_name="debt_changes")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    happened_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_receivable_change"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["opened", "offset_undone"], amount_minor__gt=0)
                | Q(kind__in=["offset", "written_off"], amount_minor__lt=0),
                name="escrow_receivable_change_signed",
            ),
            models.UniqueConstraint(
                fields=["receivable", "release_part", "kind"], name="escrow_receivable_change_once_a_part"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount_minor}"
