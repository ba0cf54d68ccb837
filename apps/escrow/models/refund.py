"""Refunds of a hold to its owner."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.amounts import Parts
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
    """What a refund takes out of one funding: one refund at the gateway, or a share of a bank transfer."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="parts")
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="refund_parts")
    gateway_refund_id = models.CharField(  # noqa: DJ001 - unique needs null
        max_length=64, unique=True, null=True, help_text="the payments app's refund; empty: paid by bank transfer"
    )
    status = models.CharField(max_length=12, choices=PartStatus.choices, default=PartStatus.IN_TRANSIT)
    stay_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    failure_code = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True, help_text="confirmed, and sent back by the owner's bank later")
    sent_again_at = models.DateTimeField(null=True, help_text="failed, and all of it asked for again elsewhere")
    stay_again_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="of the stay price: failed, and asked for again in another refund"
    )
    owner_fee_again_minor = models.BigIntegerField(default=0, db_default=0, help_text="the same of the owner's fee")

    class Meta:
        db_table = "escrow_refund_part"
        constraints = [
            models.UniqueConstraint(fields=["refund", "funding"], name="escrow_refund_part_one_a_funding"),
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0)
                & (Q(stay_minor__gt=0) | Q(owner_fee_minor__gt=0)),
                name="escrow_refund_part_moves_money",
            ),
            models.CheckConstraint(
                condition=Q(stay_again_minor__gte=0, stay_again_minor__lte=F("stay_minor"))
                & Q(owner_fee_again_minor__gte=0, owner_fee_again_minor__lte=F("owner_fee_minor")),
                name="escrow_refund_part_again_within_part",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.public_id}"

    @property
    def waits(self) -> Parts:
        """Return what failed of it and was not asked for again elsewhere."""
        stay, fee = self.stay_minor - self.stay_again_minor, self.owner_fee_minor - self.owner_fee_again_minor
        return Parts.of(stay, fee, self.refund.currency)
