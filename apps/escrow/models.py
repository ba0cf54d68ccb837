"""Rows of protected payments. Private to this app; a booking is known by its public id alone."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import business_now, real_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.states import Blocker, HoldState


class HoldQuerySet(models.QuerySet["Hold"]):
    """Sets of holds by what may happen to them."""

    def payable(self, now: datetime) -> Self:
        """Return the holds whose payout is due and that nothing blocks, longest due first."""
        return self.filter(
            state=HoldState.RELEASE_DUE,
            next_attempt_at__lte=now,
            frozen_at__isnull=True,
            disputed_at__isnull=True,
        ).order_by("next_attempt_at", "id")


class Hold(PublicModel):
    """The protected payment of one booking: what was paid, what went back, when the rest is due."""

    booking_id = models.CharField(max_length=64, unique=True)
    payee_user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=HoldState.choices, default=HoldState.AWAITING_FUNDS)
    resume_state = models.CharField(
        max_length=20,
        blank=True,
        choices=HoldState.choices,
        help_text="where a hold that is refunding goes on when something is left",
    )
    currency = models.CharField(max_length=3)
    stay_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    stay_refunded_minor = models.BigIntegerField(default=0)
    owner_fee_refunded_minor = models.BigIntegerField(default=0)
    sitter_fee_pct = models.DecimalField(max_digits=5, decimal_places=2)
    release_due_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(
        null=True, help_text="when the payout run looks at it: the due instant, later after a failure"
    )
    last_problem = models.CharField(max_length=80, blank=True)
    frozen_at = models.DateTimeField(null=True)
    disputed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(default=business_now)

    objects = HoldQuerySet.as_manager()

    class Meta:
        db_table = "escrow_hold"
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state=HoldState.RELEASE_DUE),
                name="escrow_hold_payout_run",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(stay_minor__gt=0), name="escrow_hold_stay_positive"),
            models.CheckConstraint(condition=Q(owner_fee_minor__gte=0), name="escrow_hold_fee_not_negative"),
            models.CheckConstraint(
                condition=Q(stay_refunded_minor__gte=0, stay_refunded_minor__lte=F("stay_minor"))
                & Q(
                    owner_fee_refunded_minor__gte=0,
                    owner_fee_refunded_minor__lte=F("owner_fee_minor"),
                ),
                name="escrow_hold_refund_within_payment",
            ),
            models.CheckConstraint(
                condition=~Q(state=HoldState.RELEASE_DUE)
                | Q(release_due_at__isnull=False, next_attempt_at__gte=F("release_due_at")),
                name="escrow_hold_due_has_instant",
            ),
            models.CheckConstraint(
                condition=Q(state=HoldState.REFUNDING) ^ Q(resume_state=""),
                name="escrow_hold_resumes_only_refund",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stay} for booking {self.booking_id}"

    @property
    def stay(self) -> Money:
        """The stay price as paid."""
        return Money(self.stay_minor, self.currency)

    @property
    def owner_fee(self) -> Money:
        """The owner's service fee as paid."""
        return Money(self.owner_fee_minor, self.currency)

    @property
    def stay_left(self) -> Money:
        """The stay price less what was confirmed as refunded."""
        return Money(self.stay_minor - self.stay_refunded_minor, self.currency)

    @property
    def owner_fee_left(self) -> Money:
        """The owner's fee less what was confirmed as refunded."""
        return Money(self.owner_fee_minor - self.owner_fee_refunded_minor, self.currency)


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


class Funding(models.Model):
    """One payment attempt for a hold; the one with `captured_at` brought the money."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="fundings")
    payment_id = models.CharField(max_length=64, unique=True)
    payment_method = models.CharField(max_length=255, help_text="the gateway's token, never a card")
    captured_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="failed or cancelled: not expected to bring money")
    surplus = models.BooleanField(default=False, help_text="brought money when the hold was already paid")
    created_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "escrow_funding"
        constraints = [
            models.UniqueConstraint(
                fields=["hold"],
                condition=Q(closed_at__isnull=True, captured_at__isnull=True),
                name="escrow_funding_one_open",
            ),
            models.CheckConstraint(
                condition=Q(captured_at__isnull=True) | Q(closed_at__isnull=True),
                name="escrow_funding_captured_or_closed",
            ),
            models.UniqueConstraint(
                fields=["hold"],
                condition=Q(captured_at__isnull=False, surplus=False),
                name="escrow_funding_one_counts",
            ),
        ]


class Release(PublicModel):
    """One attempt to pay a sitter out; failed ones stay as history."""

    class Status(models.TextChoices):
        IN_TRANSIT = "in_transit", "The transfer is under way"
        PAID = "paid", "The transfer is confirmed"
        FAILED = "failed", "The transfer was refused; the money is back in escrow"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="releases")
    transfer_id = models.CharField(max_length=64, blank=True, help_text="empty when nothing is paid")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.IN_TRANSIT)
    currency = models.CharField(max_length=3)
    payout_minor = models.BigIntegerField()
    sitter_fee_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    failure_code = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(default=business_now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "escrow_release"
        constraints = [
            models.UniqueConstraint(
                fields=["hold"],
                condition=~Q(status="failed"),
                name="escrow_release_one_alive",
            ),
            models.UniqueConstraint(
                fields=["transfer_id"], condition=~Q(transfer_id=""), name="escrow_release_transfer"
            ),
        ]


class Refund(PublicModel):
    """One refund to the owner, by component."""

    class Status(models.TextChoices):
        IN_TRANSIT = "in_transit", "The refund is under way"
        PAID = "paid", "The refund is confirmed"
        FAILED = "failed", "The refund was refused or returned; the money is held"

    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, related_name="refunds")
    refund_id = models.CharField(max_length=64, unique=True)
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
            models.UniqueConstraint(fields=["hold"], condition=Q(status="in_transit"), name="escrow_refund_one_alive"),
            models.CheckConstraint(
                condition=Q(stay_minor__gte=0, owner_fee_minor__gte=0)
                & (Q(stay_minor__gt=0) | Q(owner_fee_minor__gt=0)),
                name="escrow_refund_moves_money",
            ),
        ]
