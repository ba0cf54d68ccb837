"""Refunds of a hold to its owner."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.claw_back import ClawBack
from apps.escrow.models.funding import Funding
from apps.escrow.models.hold import Hold
from apps.escrow.states import PartStatus


class Refund(PublicModel):
    """One refund to the owner, by component; one part for each funding that it takes money from."""

    class Status(models.TextChoices):
        IN_TRANSIT = "in_transit", "The refund is under way"
        PAID = "paid", "The refund is confirmed"
        PARTIAL = "partial", "A part was refused or returned; that part is held"
        FAILED = "failed", "The refund was refused or returned; the money is held"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="refunds")
    refund_id = models.CharField(  # noqa: DJ001 - unique needs null
        max_length=64, unique=True, null=True, help_text="of refunds made before they had parts; the parts know theirs"
    )
    claw_back = models.ForeignKey(
        ClawBack, on_delete=models.PROTECT, null=True, related_name="refunds", help_text="that brought the money"
    )
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
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0)
                & (Q(stay_minor__gt=0) | Q(owner_fee_minor__gt=0)),
                name="escrow_refund_moves_money",
            ),
        ]

    def __str__(self) -> str:
        return f"{Money(self.stay_minor + self.owner_fee_minor, self.currency)}, {self.public_id}"


class RefundPart(PublicModel):
    """What a refund takes out of one funding: one refund at the gateway."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="parts")
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="refund_parts")
    gateway_refund_id = models.CharField(max_length=64, unique=True, help_text="the payments app's refund")
    status = models.CharField(max_length=12, choices=PartStatus.choices, default=PartStatus.IN_TRANSIT)
    stay_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    failure_code = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True, help_text="confirmed, and sent back by the owner's bank later")
    sent_again_at = models.DateTimeField(null=True, help_text="failed, and asked for again in another refund")

    class Meta:
        db_table = "escrow_refund_part"
        constraints = [
            models.UniqueConstraint(fields=["refund", "funding"], name="escrow_refund_part_one_a_funding"),
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0)
                & (Q(stay_minor__gt=0) | Q(owner_fee_minor__gt=0)),
                name="escrow_refund_part_moves_money",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.public_id}"
