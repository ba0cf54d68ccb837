"""What happened to a hold, row by row. Append-only."""

from django.conf import settings
from django.db import models

from apps.common.clock import business_now, real_now
from apps.escrow.models.hold import Hold
from apps.escrow.states import Blocker


class HoldTransition(models.Model):
    """One move of a hold's state. Append-only."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="transitions")
    old_state = models.CharField(max_length=20)
    new_state = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    happened_at = models.DateTimeField(default=business_now)
    recorded_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "escrow_hold_transition"


class DueChange(models.Model):
    """One change of the instant a payout is due. Append-only."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="due_changes")
    old_due_at = models.DateTimeField(null=True)
    new_due_at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    happened_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_due_change"


class BlockerChange(models.Model):
    """One freeze, dispute or lift. Append-only."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="blocker_changes")
    blocker = models.CharField(max_length=20, choices=Blocker.choices)
    set_on = models.BooleanField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    happened_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_blocker_change"
