"""Seconds bought for a wash that runs, and the refunds of a wash, one for each payment."""

from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.stations.models.message import Command
from apps.stations.models.wash import Wash
from apps.stations.states import OPEN_TOP_UP, PartStatus, TopUpStatus


class TopUp(PublicModel):
    """Seconds that a customer adds to the own wash, with a payment of their own.

    It sets a new total and never adds blindly: `new_total` is what the customer saw plus what was bought.
    """

    wash = models.ForeignKey(Wash, models.PROTECT, related_name="top_ups")
    status = models.CharField(max_length=20, choices=TopUpStatus.choices, default=TopUpStatus.AWAITING_PAYMENT)
    expected_total = models.PositiveIntegerField()
    add_seconds = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    ml = models.JSONField(default=dict)
    payment_id = models.CharField(max_length=36, blank=True)
    refund_id = models.CharField(max_length=36, blank=True)
    purchase = models.CharField(max_length=64, unique=True)
    command = models.ForeignKey(Command, models.PROTECT, null=True, related_name="top_ups")
    reason = models.CharField(max_length=80, blank=True)
    goodwill = models.BooleanField(default=False)
    lease_expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=real_now)
    paid_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["wash"], condition=Q(status__in=OPEN_TOP_UP), name="one_open_top_up_a_wash"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0, add_seconds__gt=0), name="top_up_sells_something"),
            models.CheckConstraint(condition=Q(status__in=TopUpStatus.values), name="top_up_status_known"),
        ]
        indexes = [
            models.Index(
                fields=["status", "created_at"],
                condition=Q(status__in=[*OPEN_TOP_UP, TopUpStatus.REFUNDING]),
                name="top_up_unsettled",
            ),
            models.Index(fields=["paid_at"], condition=Q(paid_at__isnull=False), name="top_up_paid"),
            models.Index(
                fields=["ended_at"],
                condition=Q(status__in=[TopUpStatus.REFUNDING, TopUpStatus.REFUNDED]),
                name="top_up_given_back",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.add_seconds} s, {self.get_status_display()}"

    @property
    def price(self) -> Money:
        """What the added seconds cost."""
        return Money(self.amount_minor, self.currency)

    @property
    def new_total(self) -> int:
        """The total that it sets."""
        return self.expected_total + self.add_seconds


class TopUpTransition(models.Model):
    """One move of a top-up; append-only."""

    top_up = models.ForeignKey(TopUp, models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    reason = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["id"]


class WashRefund(models.Model):
    """What goes back of one payment of a wash; the wash is refunded when all of its parts are.

    Without a `refund_id` it waits: the card's bank decides a dispute of the payment first.
    """

    wash = models.ForeignKey(Wash, models.PROTECT, related_name="refunds")
    payment_id = models.CharField(max_length=36)
    refund_id = models.CharField(max_length=36, unique=True, null=True)  # noqa: DJ001 - unique needs null
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=12, choices=PartStatus.choices, default=PartStatus.PENDING)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gte=0), name="wash_refund_takes_nothing")]
        indexes = [models.Index(fields=["created_at"], name="wash_refund_made")]

    def __str__(self) -> str:
        return f"{self.amount} ({self.get_status_display()})"

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)
