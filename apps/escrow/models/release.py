"""Payouts of a hold to its sitter."""

from django.db import models
from django.db.models import Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.funding import Funding
from apps.escrow.models.hold import Hold
from apps.escrow.states import PartStatus


class Release(PublicModel):
    """One attempt to pay a sitter out, one part a funding; what did not arrive is due again in another one."""

    class Status(models.TextChoices):
        IN_TRANSIT = "in_transit", "Transfers are under way"
        PAID = "paid", "Every transfer is confirmed"
        PARTIAL = "partial", "Some transfers were refused; their money is back in escrow"
        FAILED = "failed", "Every transfer was refused; the money is back in escrow"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="releases")
    transfer_id = models.CharField(
        max_length=64, blank=True, help_text="of releases made before they had parts; the parts know theirs"
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.IN_TRANSIT)
    currency = models.CharField(max_length=3)
    payout_minor = models.BigIntegerField()
    sitter_fee_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    offset_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="beside the payout: kept for what the sitter owes"
    )
    failure_code = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(default=business_now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "escrow_release"
        constraints = [
            models.UniqueConstraint(
                fields=["hold"], condition=Q(status="in_transit"), name="escrow_release_one_under_way"
            ),
            models.UniqueConstraint(
                fields=["transfer_id"], condition=~Q(transfer_id=""), name="escrow_release_transfer"
            ),
        ]

    def __str__(self) -> str:
        return f"{Money(self.payout_minor, self.currency)}, {self.public_id}"


class ReleasePart(PublicModel):
    """What a release takes out of one funding: one transfer, and the fees that are earned with it."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="parts")
    funding = models.ForeignKey(Funding, on_delete=models.PROTECT, related_name="release_parts")
    transfer_id = models.CharField(max_length=64, blank=True, help_text="empty when nothing travels")
    status = models.CharField(max_length=12, choices=PartStatus.choices, default=PartStatus.IN_TRANSIT)
    payout_minor = models.BigIntegerField(help_text="transferred to the sitter")
    sitter_fee_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    offset_minor = models.BigIntegerField(default=0, db_default=0, help_text="kept for what the sitter owes")
    failure_code = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "escrow_release_part"
        constraints = [
            models.UniqueConstraint(fields=["release", "funding"], name="escrow_release_part_one_a_funding"),
            models.UniqueConstraint(
                fields=["transfer_id"], condition=~Q(transfer_id=""), name="escrow_release_part_transfer"
            ),
            models.CheckConstraint(
                condition=Q(payout_minor__gte=0, sitter_fee_minor__gte=0, owner_fee_minor__gte=0, offset_minor__gte=0),
                name="escrow_release_part_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.public_id}"

    @property
    def stay_minor(self) -> int:
        """What it takes of the stay price: the sitter's money and our fee on it."""
        return self.payout_minor + self.offset_minor + self.sitter_fee_minor
