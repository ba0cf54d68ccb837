"""Payout runs: what each found, paid and left, so that a quiet minute and a stopped one look different."""

from django.db import models
from django.db.models import Q

from apps.common.clock import business_now
from apps.common.models import PublicModel


class PayoutRun(PublicModel):
    """One run. Without `finished_at` it is under way or was killed; what it claimed goes on by itself."""

    started_at = models.DateTimeField(default=business_now)
    finished_at = models.DateTimeField(null=True)
    claimed = models.PositiveIntegerField(default=0, help_text="holds taken for a payout")
    started = models.PositiveIntegerField(default=0, help_text="transfers made")
    postponed = models.JSONField(default=dict, help_text="reason -> how many are looked at again later")
    stopped_by = models.CharField(max_length=300, blank=True, help_text="why money that was due did not leave")

    class Meta:
        db_table = "escrow_payout_run"
        indexes = [
            models.Index(fields=["-started_at"], name="escrow_payout_run_latest"),
            # What the hourly clean-up removes: runs that found nothing.
            models.Index(fields=["started_at"], condition=Q(claimed=0, stopped_by=""), name="escrow_payout_run_idle"),
        ]

    def __str__(self) -> str:
        return f"run of {self.started_at:%d %b %H:%M}"
