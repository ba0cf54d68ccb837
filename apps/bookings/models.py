"""Rows of bookings: quotes, bookings and their history."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.accounts.models import User
from apps.bookings.states import AGREED, Attendance, BookingStatus
from apps.bookings.types import CancellationPolicy, Service
from apps.common.clock import business_now, real_now
from apps.common.crypto import EncryptedTextField
from apps.common.ids import make_reference
from apps.common.models import PublicModel
from apps.escrow.states import HoldState


class Terms(models.Model):
    """What quote and booking both say: the stay and its price. The price shown is the price charged."""

    service = models.CharField(max_length=20, choices=Service.choices)
    start_date = models.DateField()
    end_date = models.DateField()
    timezone = models.CharField(max_length=64, help_text="IANA zone of the place of the stay")
    pet_count = models.PositiveSmallIntegerField()
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField()
    owner_fee_minor = models.BigIntegerField()
    sitter_fee_minor = models.BigIntegerField()
    owner_fee_pct = models.DecimalField(max_digits=5, decimal_places=2)
    sitter_fee_pct = models.DecimalField(max_digits=5, decimal_places=2)
    cancellation_policy = models.CharField(max_length=12, choices=CancellationPolicy.choices)

    class Meta:
        abstract = True

    @property
    def total_minor(self) -> int:
        """What the owner pays."""
        return self.subtotal_minor + self.owner_fee_minor

    @property
    def sitter_earnings_minor(self) -> int:
        """What the sitter is paid after a full stay."""
        return self.subtotal_minor - self.sitter_fee_minor


class Quote(PublicModel, Terms):
    """A price as a stored contract that expires; immutable."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    sitter = models.ForeignKey("sitters.SitterProfile", on_delete=models.CASCADE, related_name="+")
    lines = models.JSONField()
    surge = models.JSONField()
    created_at = models.DateTimeField(default=business_now)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "booking_quote"
        indexes = [models.Index(fields=["expires_at"], name="booking_quote_expiry")]


class BookingQuerySet(models.QuerySet["Booking"]):
    """Sets of bookings by who may see them."""

    def seen_by(self, actor: User) -> Self:
        """Return the bookings of which the actor is the owner or the sitter."""
        return self.filter(Q(owner=actor) | Q(sitter__user=actor))

    def agreed(self) -> Self:
        """Return the bookings that the sitter accepted and nobody called off."""
        return self.filter(status__in=AGREED)

    def ended_before(self, instant: datetime) -> Self:
        """Return the stays under way whose hand-over and scheduled end are both before the instant."""
        return self.filter(status=BookingStatus.IN_PROGRESS, scheduled_end_at__lte=instant, started_at__lte=instant)

    def not_started(self, now: datetime, after: timedelta) -> Self:
        """Return the confirmed stays that should have begun: so long after it, or their end is here."""
        # An answer that came late, after the scheduled start, gives the same time to begin.
        begun = Q(scheduled_start_at__lte=now - after, confirmed_at__lte=now - after)
        return self.filter(begun | Q(scheduled_end_at__lte=now), status=BookingStatus.CONFIRMED)


class Booking(PublicModel, Terms):
    """One stay of an owner's pets with a sitter."""

    reference = models.CharField(max_length=16, unique=True, default=make_reference)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sitter = models.ForeignKey("sitters.SitterProfile", on_delete=models.PROTECT, related_name="+")
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="booking")
    status = models.CharField(max_length=20, choices=BookingStatus.choices, default=BookingStatus.PENDING_PAYMENT)
    escrow_status = models.CharField(max_length=20, choices=HoldState.choices, default=HoldState.AWAITING_FUNDS)
    scheduled_start_at = models.DateTimeField()
    scheduled_end_at = models.DateTimeField()
    message = models.TextField(blank=True)
    start_pin = EncryptedTextField()
    pin_failures = models.PositiveSmallIntegerField(default=0)
    pin_locked_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=business_now)
    hold_expires_at = models.DateTimeField()
    expiry_tried_at = models.DateTimeField(null=True, help_text="when a sweep last failed at it; others go first")
    requested_at = models.DateTimeField(null=True)
    answer_due_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        db_table = "bookings"
        indexes = [
            models.Index(fields=["owner", "-id"], name="booking_of_owner"),
            models.Index(fields=["sitter", "-id"], name="booking_of_sitter"),
            models.Index(
                fields=["hold_expires_at"],
                condition=Q(status=BookingStatus.PENDING_PAYMENT),
                name="booking_unpaid",
            ),
            models.Index(
                fields=["answer_due_at"],
                condition=Q(status=BookingStatus.REQUESTED),
                name="booking_unanswered",
            ),
            models.Index(
                fields=["scheduled_end_at"],
                condition=Q(status=BookingStatus.IN_PROGRESS),
                name="booking_not_ended",
            ),
            models.Index(
                fields=["scheduled_start_at"],
                condition=Q(status=BookingStatus.CONFIRMED),
                name="booking_not_started",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(end_date__gte=F("start_date")), name="booking_dates"),
            models.CheckConstraint(
                condition=Q(subtotal_minor__gt=0, owner_fee_minor__gte=0, sitter_fee_minor__gte=0)
                & Q(sitter_fee_minor__lte=F("subtotal_minor")),
                name="booking_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status=BookingStatus.COMPLETED) ^ Q(completed_at__isnull=True),
                name="booking_completed_has_instant",
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class BookingPet(models.Model):
    """One pet of a booking."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="booked_pets")
    pet = models.ForeignKey("pets.Pet", on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "booking_pet"
        constraints = [
            models.UniqueConstraint(fields=["booking", "pet"], name="booking_pet_once"),
        ]


class BookingTransition(models.Model):
    """One move of a booking, by whom and why. Append-only."""

    id = models.BigAutoField(primary_key=True)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="transitions")
    old_status = models.CharField(max_length=20, blank=True)
    new_status = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    happened_at = models.DateTimeField(default=business_now)
    recorded_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "booking_transition"


class ProblemReport(PublicModel):
    """What went wrong in the owner's words; it stops the payout until staff has looked."""

    class Category(models.TextChoices):
        PET_HURT = "pet_hurt", "A pet is hurt or ill"
        PET_LOST = "pet_lost", "A pet is lost"
        DAMAGE = "damage", "Something was damaged or is missing"
        NOT_AS_AGREED = "not_as_agreed", "The care was not as agreed"
        OTHER = "other", "Something else"

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="problem")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(max_length=20, choices=Category.choices)
    description = models.TextField(max_length=4000)
    reported_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "booking_problem_report"

    def __str__(self) -> str:
        return f"{self.booking}: {self.get_category_display()}"


class NoShowReview(PublicModel):
    """The question what became of a confirmed stay that nobody started; nothing is paid until it is settled.

    `outcome` is empty while it is open; a stay that begins after all settles it without a decision.
    """

    STARTED = "started"
    OUTCOMES = (*Attendance.choices, (STARTED, "It began after all"))

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="no_show_review")
    opened_at = models.DateTimeField(default=business_now)
    outcome = models.CharField(max_length=20, blank=True, choices=OUTCOMES)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "booking_no_show_review"
        indexes = [models.Index(fields=["opened_at"], condition=Q(outcome=""), name="booking_no_show_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="") ^ Q(settled_at__isnull=False), name="booking_no_show_settled_has_instant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.get_outcome_display() or 'open'}"


class NoShowReport(PublicModel):
    """What one of the two people says happened; each says it once."""

    review = models.ForeignKey(NoShowReview, on_delete=models.PROTECT, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_owner = models.BooleanField()
    who = models.CharField(max_length=20, choices=Attendance.choices)
    note = models.TextField(max_length=2000, blank=True)
    reported_at = models.DateTimeField(default=business_now)

    class Meta:
        db_table = "booking_no_show_report"
        constraints = [models.UniqueConstraint(fields=["review", "by_owner"], name="booking_no_show_said_once")]

    def __str__(self) -> str:
        return self.get_who_display()


class NoShowEntry(models.Model):
    """One step of a review, by whom and why. Append-only; what people wrote is in their reports."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(NoShowReview, on_delete=models.PROTECT, related_name="entries")
    step = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    happened_at = models.DateTimeField(default=business_now)
    recorded_at = models.DateTimeField(default=real_now)

    class Meta:
        verbose_name_plural = "no-show entries"
        db_table = "booking_no_show_entry"
