"""Freezes: which payouts stand still, since when, by whom and until when."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.freezing import FreezeScope, FreezeStep, FreezeTarget

_ACTIVE = Q(ended_at__isnull=True)


class FreezeQuerySet(models.QuerySet["Freeze"]):
    """Sets of freezes by what they stop."""

    def active(self) -> Self:
        """Return those that stand; an expired one stands until it is lifted."""
        return self.filter(_ACTIVE)

    def overdue(self, now: datetime) -> Self:
        """Return those that stand although they expired, or that nobody approved in time."""
        lapsed = Q(approve_by__lte=now, approved_at__isnull=True)
        return self.active().filter(Q(expires_at__lte=now) | lapsed)

    def wide(self, payee_user_id: int | OuterRef) -> Self:
        """Return those that stand and stop a sitter's payouts without naming a booking."""
        sitters = Q(scope=FreezeScope.SITTER, payee_user=payee_user_id)
        return self.active().filter(sitters | Q(scope=FreezeScope.EVERYTHING))

    def of(self, target: FreezeTarget) -> Self:
        """Return those of exactly this target, past ones too."""
        return self.filter(scope=target.scope, booking_id=target.booking_id, payee_user_id=target.payee_user_id)


class Freeze(PublicModel):
    """One freeze. A booking's freeze is mirrored by its hold's `frozen_at`; wider ones are looked up here."""

    scope = models.CharField(max_length=12, choices=FreezeScope.choices)
    booking_id = models.CharField(max_length=64, blank=True)
    payee_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="sitter"
    )
    reason = models.CharField(max_length=200)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=business_now)
    expires_at = models.DateTimeField(null=True, help_text="empty: stands until it is lifted")
    approve_by = models.DateTimeField(null=True, help_text="lapses then unless a second person approves")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lift_asked_at = models.DateTimeField(null=True)
    lift_asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = FreezeQuerySet.as_manager()

    class Meta:
        db_table = "escrow_freeze"
        constraints = [
            models.UniqueConstraint(
                fields=["booking_id"], condition=_ACTIVE & Q(scope="booking"), name="escrow_freeze_one_a_booking"
            ),
            models.UniqueConstraint(
                fields=["payee_user"], condition=_ACTIVE & Q(scope="sitter"), name="escrow_freeze_one_a_sitter"
            ),
            models.UniqueConstraint(
                fields=["scope"], condition=_ACTIVE & Q(scope="everything"), name="escrow_freeze_one_of_everything"
            ),
            models.CheckConstraint(
                condition=(Q(scope="booking", payee_user__isnull=True) & ~Q(booking_id=""))
                | Q(scope="sitter", payee_user__isnull=False, booking_id="")
                | Q(scope="everything", payee_user__isnull=True, booking_id=""),
                name="escrow_freeze_target_fits_scope",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=_ACTIVE, name="escrow_freeze_active"),
        ]

    def __str__(self) -> str:
        return str(self.target)

    @property
    def target(self) -> FreezeTarget:
        """What it stops."""
        return FreezeTarget(FreezeScope(self.scope), self.booking_id, self.payee_user_id)


class FreezeChange(models.Model):
    """One step in the life of a freeze, with what it covered then. Append-only."""

    id = models.BigAutoField(primary_key=True)
    freeze = models.ForeignKey(Freeze, on_delete=models.PROTECT, related_name="changes")
    step = models.CharField(max_length=12, choices=FreezeStep.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    happened_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_freeze_change"


class FreezeLimit(models.Model):
    """From which sum a freeze or a lift takes two people; the latest effective row of a currency holds. Append-only."""

    id = models.BigAutoField(primary_key=True)
    currency = models.CharField(max_length=3)
    limit_minor = models.BigIntegerField()
    approve_within = models.DurationField(default=timedelta(hours=4))
    effective_at = models.DateTimeField(default=business_now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "escrow_freeze_limit"
        constraints = [
            models.CheckConstraint(condition=Q(limit_minor__gte=0), name="escrow_freeze_limit_not_negative"),
        ]
        indexes = [models.Index(fields=["currency", "-effective_at"], name="escrow_freeze_limit_latest")]

    def __str__(self) -> str:
        return f"two people above {Money(self.limit_minor, self.currency)}"
