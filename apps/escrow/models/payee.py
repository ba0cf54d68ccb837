"""Payees whose payouts rest, whatever their holds say."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import business_now


class StandingMark(models.TextChoices):
    """Who stopped a payee's payouts; both may have."""

    STAFF = "paused", "Paused by staff"
    GATEWAY = "disabled", "Disabled at the payment provider"


_RESTING = Q(paused_at__isnull=False) | Q(disabled_at__isnull=False)


class PayeeStandingQuerySet(models.QuerySet["PayeeStanding"]):
    """Sets of payees by standing."""

    def resting(self) -> Self:
        """Return those who are not paid at the moment."""
        return self.filter(_RESTING)


class PayeeStanding(models.Model):
    """Whether a payee is paid at the moment. A payee without a row is."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="+", verbose_name="sitter"
    )
    paused_at = models.DateTimeField(null=True, help_text="by staff")
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    disabled_at = models.DateTimeField(null=True, help_text="by the payment provider")
    reason = models.CharField(max_length=200, blank=True)

    objects = PayeeStandingQuerySet.as_manager()

    class Meta:
        db_table = "escrow_payee_standing"
        indexes = [models.Index(fields=["user"], condition=_RESTING, name="escrow_payee_resting")]

    def __str__(self) -> str:
        return f"payee {self.user_id}"

    @property
    def since(self) -> datetime | None:
        """Since when the payouts rest; None when they do not."""
        return min((at for at in (self.paused_at, self.disabled_at) if at is not None), default=None)


class StandingChange(models.Model):
    """One pause or resume of a payee. Append-only."""

    id = models.BigAutoField(primary_key=True)
    standing = models.ForeignKey(PayeeStanding, on_delete=models.PROTECT, related_name="changes")
    mark = models.CharField(max_length=12, choices=StandingMark.choices)
    set_on = models.BooleanField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    happened_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_standing_change"
