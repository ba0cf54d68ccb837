"""Payouts taken back from sitters."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.hold import Hold
from apps.escrow.models.release import ReleasePart
from apps.escrow.states import PartStatus


class ClawBackQuerySet(models.QuerySet["ClawBack"]):
    """Sets of claw backs."""

    def under_way(self) -> Self:
        """Return those that still have something to do."""
        return self.exclude(status=ClawBack.Status.DONE)


class ClawBack(PublicModel):
    """One decision to take money of a payout back, by component; one part for each part of the payout."""

    class Aim(models.TextChoices):
        REFUND = "refund", "Back to the owner"
        RECOVERY = "recovery", "Into the loss of a dispute"

    class Status(models.TextChoices):
        REVERSING = "reversing", "The transfers are being reversed"
        REVERSED = "reversed", "The transfers are reversed; the refund waits"
        REFUNDING = "refunding", "The refund is under way"
        DONE = "done", "Done"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="claw_backs")
    aim = models.CharField(max_length=10, choices=Aim.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REVERSING)
    currency = models.CharField(max_length=3)
    stay_minor = models.BigIntegerField(help_text="of the stay price, for the owner")
    owner_fee_minor = models.BigIntegerField(help_text="of the owner's fee, for the owner")
    sitter_minor = models.BigIntegerField(help_text="to come from the sitter")
    sitter_fee_minor = models.BigIntegerField(help_text="of our fee on the sitter's part, given up")
    reversed_minor = models.BigIntegerField(default=0, help_text="what came back; the rest is owed by the sitter")
    reason = models.CharField(max_length=200)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    last_problem = models.CharField(max_length=80, blank=True, help_text="why the refund waits")
    started_at = models.DateTimeField(default=business_now)
    settled_at = models.DateTimeField(null=True)

    objects = ClawBackQuerySet.as_manager()

    class Meta:
        db_table = "escrow_claw_back"
        constraints = [
            models.UniqueConstraint(
                fields=["hold"], condition=~Q(status="done"), name="escrow_claw_back_one_under_way"
            ),
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0, sitter_minor__gte=0, sitter_fee_minor__gte=0),
                name="escrow_claw_back_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(aim="refund", stay_minor=F("sitter_minor") + F("sitter_fee_minor"))
                | Q(aim="recovery", stay_minor=0, owner_fee_minor=0, sitter_fee_minor=0),
                name="escrow_claw_back_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(reversed_minor__gte=0, reversed_minor__lte=F("sitter_minor")),
                name="escrow_claw_back_within_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_aim_display()}: {Money(self.sitter_minor, self.currency)}, {self.public_id}"

    @property
    def short_minor(self) -> int:
        """What did not come back."""
        return self.sitter_minor - self.reversed_minor


class ClawBackPart(PublicModel):
    """What a claw back takes of one part of a payout: at most one reversal of its transfer."""

    claw_back = models.ForeignKey(ClawBack, on_delete=models.PROTECT, related_name="parts")
    release_part = models.ForeignKey(ReleasePart, on_delete=models.PROTECT, related_name="claw_back_parts")
    reversal_id = models.CharField(max_length=64, blank=True, help_text="empty when nothing can be reversed")
    status = models.CharField(max_length=12, choices=PartStatus.choices, default=PartStatus.IN_TRANSIT)
    stay_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    sitter_minor = models.BigIntegerField(help_text="to come from the sitter")
    sitter_fee_minor = models.BigIntegerField()
    reversed_minor = models.BigIntegerField(default=0)
    failure_code = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "escrow_claw_back_part"
        constraints = [
            models.UniqueConstraint(fields=["claw_back", "release_part"], name="escrow_claw_back_part_once"),
            models.UniqueConstraint(
                fields=["reversal_id"], condition=~Q(reversal_id=""), name="escrow_claw_back_part_reversal"
            ),
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0, sitter_minor__gte=0, sitter_fee_minor__gte=0)
                & Q(reversed_minor__gte=0, reversed_minor__lte=F("sitter_minor")),
                name="escrow_claw_back_part_within_share",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.public_id}"
