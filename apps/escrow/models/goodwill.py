"""Refunds at the platform's cost."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.funding import Funding
from apps.escrow.models.hold import Hold
from apps.escrow.states import PartStatus


class Goodwill(PublicModel):
    """A gift to the owner after the payout, out of one payment: the sitter keeps theirs."""

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="goodwills")
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="goodwills")
    gateway_refund_id = models.CharField(max_length=64, unique=True, help_text="the payments app's refund")
    status = models.CharField(max_length=12, choices=PartStatus.choices, default=PartStatus.IN_TRANSIT)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    failure_code = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(default=business_now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "escrow_goodwill"
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="escrow_goodwill_above_zero")]

    def __str__(self) -> str:
        return f"{Money(self.amount_minor, self.currency)}, {self.get_status_display()}"
