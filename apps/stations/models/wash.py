"""A paid wash and the trail of its states."""

from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.stations.models.station import Bay, Program
from apps.stations.states import OPEN_WASH, WashStatus


class Wash(PublicModel):
    """Seconds of a bay that a walk-in customer pays for; price and seconds are frozen here.

    `amount_minor` is the purchase alone; `total_seconds` and `ml` include what was topped up.
    `carried_seconds` ran at bays that it has left: the present bay knows only of the rest.
    It holds nothing personal: the payment's id and a hash of the customer's wash token.
    """

    bay = models.ForeignKey(Bay, models.PROTECT, related_name="washes")
    program = models.ForeignKey(Program, models.PROTECT, related_name="washes")
    status = models.CharField(max_length=20, choices=WashStatus.choices, default=WashStatus.AWAITING_PAYMENT)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    total_seconds = models.PositiveIntegerField()
    ml = models.JSONField(default=dict)
    topped_up_minor = models.BigIntegerField(default=0, db_default=0)
    topped_up_seconds = models.PositiveIntegerField(default=0, db_default=0)
    seconds_used = models.PositiveIntegerField(default=0)
    carried_seconds = models.PositiveIntegerField(default=0, db_default=0)
    moved_at = models.DateTimeField(null=True)
    move_until = models.DateTimeField(null=True)
    payment_id = models.CharField(max_length=36, blank=True)
    refund_id = models.CharField(max_length=36, blank=True)
    refunded_minor = models.BigIntegerField(default=0)
    token_hash = models.CharField(max_length=64, unique=True)
    purchase = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique needs null
    reason = models.CharField(max_length=80, blank=True)
    goodwill = models.BooleanField(default=False)
    lease_expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=real_now)
    paid_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "washes"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["bay"], condition=Q(status__in=OPEN_WASH), name="one_open_wash_a_bay"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0, total_seconds__gt=0), name="wash_sells_something"),
            models.CheckConstraint(
                condition=Q(
                    refunded_minor__gte=0, refunded_minor__lte=models.F("amount_minor") + models.F("topped_up_minor")
                ),
                name="wash_refund_within_paid",
            ),
            models.CheckConstraint(
                condition=Q(topped_up_minor__gte=0, total_seconds__gt=models.F("topped_up_seconds")),
                name="wash_top_ups_within_total",
            ),
            models.CheckConstraint(condition=Q(status__in=WashStatus.values), name="wash_status_known"),
        ]
        indexes = [
            models.Index(
                fields=["status", "created_at"],
                condition=Q(status__in=[*OPEN_WASH, WashStatus.REFUNDING]),
                name="wash_unsettled",
            ),
            models.Index(fields=["bay", "started_at"], name="wash_of_bay_started"),
            models.Index(fields=["paid_at"], condition=Q(paid_at__isnull=False), name="wash_paid"),
        ]

    def __str__(self) -> str:
        return f"{self.bay.station.slug} / {self.bay.number}: {self.program.name}, {self.get_status_display()}"

    @property
    def price(self) -> Money:
        """What the purchase cost, without top-ups."""
        return Money(self.amount_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What the customer pays for all of the seconds."""
        return Money(self.amount_minor + self.topped_up_minor, self.currency)

    @property
    def bought_seconds(self) -> int:
        """The seconds of the purchase, without top-ups."""
        return self.total_seconds - self.topped_up_seconds

    @property
    def bay_seconds(self) -> int:
        """The total as the present bay knows it."""
        return self.total_seconds - self.carried_seconds

    @property
    def is_open(self) -> bool:
        """Whether the wash still holds its bay."""
        return self.status in OPEN_WASH


class WashTransition(models.Model):
    """One move of a wash; append-only."""

    wash = models.ForeignKey(Wash, models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=20, blank=True)
    to_status = models.CharField(max_length=20)
    reason = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["id"]


class WashMove(models.Model):
    """A wash went on at another bay after a fault; append-only. A wash never comes back to a bay."""

    wash = models.ForeignKey(Wash, models.PROTECT, related_name="moves")
    from_bay = models.ForeignKey(Bay, models.PROTECT, related_name="+")
    to_bay = models.ForeignKey(Bay, models.PROTECT, related_name="+")
    carried_seconds = models.PositiveIntegerField()
    at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["wash", "from_bay"], name="a_wash_leaves_a_bay_once")]
