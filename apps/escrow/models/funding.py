"""Payments into a hold: the first deposit, and the differences that later changes of the booking cost."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now
from apps.common.money import Money
from apps.escrow.models.hold import Hold


class FundingQuerySet(models.QuerySet["Funding"]):
    """Sets of payment attempts."""

    def counting(self) -> Self:
        """Return the fundings whose money belongs to the hold, oldest first."""
        return self.filter(captured_at__isnull=False, surplus=False).order_by("captured_at", "id")

    def pending(self) -> Self:
        """Return the attempts that may still bring money as expected."""
        return self.filter(captured_at__isnull=True, closed_at__isnull=True)


class Funding(models.Model):
    """One payment attempt for a hold; one with `captured_at` brought money, by component."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="fundings")
    change_id = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="the change that it pays for; empty: the stay"
    )
    payment_id = models.CharField(max_length=64, unique=True)
    payment_method = models.CharField(max_length=255, help_text="the gateway's token, never a card")
    stay_minor = models.BigIntegerField(default=0, db_default=0)
    owner_fee_minor = models.BigIntegerField(default=0, db_default=0)
    stay_left_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="of the stay: held, and neither on its way back nor on its way to the sitter"
    )
    owner_fee_left_minor = models.BigIntegerField(default=0, db_default=0, help_text="the same of the owner's fee")
    captured_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="failed or cancelled: not expected to bring money")
    surplus = models.BooleanField(default=False, help_text="brought money that the hold had no use for; it goes back")
    created_at = models.DateTimeField(default=business_now)

    objects = FundingQuerySet.as_manager()

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
                fields=["hold", "change_id"],
                condition=Q(captured_at__isnull=False, surplus=False),
                name="escrow_funding_one_counts_a_change",
            ),
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0)
                & (Q(stay_minor__gt=0) | Q(owner_fee_minor__gt=0)),
                name="escrow_funding_brings_money",
            ),
            models.CheckConstraint(
                condition=Q(stay_left_minor__gte=0, stay_left_minor__lte=F("stay_minor"))
                & Q(owner_fee_left_minor__gte=0, owner_fee_left_minor__lte=F("owner_fee_minor")),
                name="escrow_funding_left_within_payment",
            ),
            models.CheckConstraint(
                condition=Q(captured_at__isnull=False, surplus=False) | Q(stay_left_minor=0, owner_fee_left_minor=0),
                name="escrow_funding_only_captured_holds",
            ),
        ]

    def __str__(self) -> str:
        return f"payment {self.payment_id}"

    def total_in(self, currency: str) -> Money:
        """Return what the payment brings, in the hold's currency."""
        return Money(self.stay_minor + self.owner_fee_minor, currency)
