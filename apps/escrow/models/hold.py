"""The hold: what one booking paid, what went back, when the rest is due."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from apps.common.clock import business_now
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.escrow.models.freeze import Freeze
from apps.escrow.models.payee import PayeeStanding
from apps.escrow.states import HoldState


class HoldQuerySet(models.QuerySet["Hold"]):
    """Sets of holds by what may happen to them."""

    def payable(self, now: datetime) -> Self:
        """Return the holds whose payout is due and that nothing blocks, longest due first."""
        return (
            self.filter(
                state=HoldState.RELEASE_DUE,
                next_attempt_at__lte=now,
                disputed_at__isnull=True,
            )
            .unfrozen()
            .payees_paid()
            .order_by("next_attempt_at", "id")
        )

    def unfrozen(self) -> Self:
        """Return the holds that no freeze stops, of whatever scope: see `Hold.is_frozen`."""
        return self.filter(~Exists(Freeze.objects.wide(OuterRef("payee_user_id"))), frozen_at__isnull=True)

    def frozen(self) -> Self:
        """Return the holds that a freeze stops, of whatever scope."""
        return self.filter(Exists(Freeze.objects.wide(OuterRef("payee_user_id"))) | Q(frozen_at__isnull=False))

    def with_freeze(self, booking_id: str) -> tuple["Hold", bool]:
        """Return the hold of a booking, and whether a freeze of any scope stops it, in one query."""
        frozen = Exists(Freeze.objects.wide(OuterRef("payee_user_id")))
        hold: Any = self.annotate(widely_frozen=frozen).get(booking_id=booking_id)
        return hold, hold.widely_frozen or hold.frozen_at is not None

    def payees_paid(self) -> Self:
        """Return the holds whose payee's payouts do not rest."""
        return self.filter(~Exists(PayeeStanding.objects.resting().filter(user=OuterRef("payee_user_id"))))

    def blocked(self) -> Self:
        """Return the holds that something stops: a freeze, a dispute, a payee who is not paid at the moment."""
        frozen = Exists(Freeze.objects.wide(OuterRef("payee_user_id"))) | Q(frozen_at__isnull=False)
        resting = Exists(PayeeStanding.objects.resting().filter(user=OuterRef("payee_user_id")))
        return self.filter(frozen | resting | Q(disputed_at__isnull=False))


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
    stay_left_minor = models.BigIntegerField(
        default=0, db_default=0, help_text="of the stay: held, and neither on its way back nor on its way to the sitter"
    )
    owner_fee_left_minor = models.BigIntegerField(default=0, db_default=0, help_text="the same of the owner's fee")
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
                condition=Q(stay_left_minor__gte=0, stay_left_minor__lte=F("stay_minor") - F("stay_refunded_minor"))
                & Q(
                    owner_fee_left_minor__gte=0,
                    owner_fee_left_minor__lte=F("owner_fee_minor") - F("owner_fee_refunded_minor"),
                ),
                name="escrow_hold_left_within_payment",
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

    def is_frozen(self) -> bool:
        """Tell whether a freeze of any scope stops the payout: with `HoldQuerySet.unfrozen` the one rule.

        `frozen_at` mirrors the booking's own freeze, under the hold's lock; wider ones are looked up.
        """
        return self.frozen_at is not None or Freeze.objects.wide(self.payee_user_id).exists()

    @property
    def stay(self) -> Money:
        """The stay price as paid by all fundings together; before the first one, as agreed."""
        return Money(self.stay_minor, self.currency)

    @property
    def owner_fee(self) -> Money:
        """The owner's service fee as paid, or as agreed."""
        return Money(self.owner_fee_minor, self.currency)

    @property
    def stay_left(self) -> Money:
        """Of the stay price, what is held and promised to nobody: a refund or payout under way counts as gone."""
        return Money(self.stay_left_minor, self.currency)

    @property
    def owner_fee_left(self) -> Money:
        """Of the owner's fee, what is held and promised to nobody."""
        return Money(self.owner_fee_left_minor, self.currency)
