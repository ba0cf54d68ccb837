"""How long money is held after a stay: rows, so that a change has an author, a reason and a date."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import business_now


class HoldPolicyQuerySet(models.QuerySet["HoldPolicy"]):
    """The policy over time."""

    def at(self, instant: datetime) -> "HoldPolicy":
        """Return the row in effect; of two with one instant, the later one."""
        return self.filter(effective_at__lte=instant).order_by("-effective_at", "-id")[0]


class HoldPolicy(models.Model):
    """How many hours after a stay the payout is due, longer for a sitter's first stays. Append-only."""

    id = models.BigAutoField(primary_key=True)
    hold_hours = models.PositiveSmallIntegerField()
    first_stays = models.PositiveSmallIntegerField(default=0, help_text="how many stays of a sitter count as first")
    first_stays_hours = models.PositiveSmallIntegerField(default=0)
    effective_at = models.DateTimeField(default=business_now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)

    objects = HoldPolicyQuerySet.as_manager()

    class Meta:
        db_table = "escrow_hold_policy"
        verbose_name_plural = "hold policies"
        constraints = [
            # Less than the public promise of 24 hours would leave an owner no time to report a problem.
            models.CheckConstraint(condition=Q(hold_hours__range=(24, 24 * 30)), name="escrow_hold_policy_hours"),
            models.CheckConstraint(
                condition=Q(first_stays=0, first_stays_hours=0)
                | Q(first_stays__range=(1, 50), first_stays_hours__range=(24, 24 * 30)),
                name="escrow_hold_policy_first_stays",
            ),
        ]

    def __str__(self) -> str:
        first = f", {self.first_stays_hours} h for a sitter's first {self.first_stays}" if self.first_stays else ""
        return f"{self.hold_hours} h{first}"
