"""Rows of bookings: quotes, bookings and their history."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.accounts.models import User
from apps.bookings.states import AGREED, BookingStatus
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


class BookingQuerySet(models.QuerySet["Booking"]):
    """Sets of bookings by who may see them."""

    def seen_by(self, actor: User) -> Self:
        """Return the bookings of which the actor is the owner or the sitter."""
        return self.filter(Q(owner=actor) | Q(sitter__user=actor))

    def agreed(self) -> Self:
        """Return the bookings that the sitter accepted and nobody called off."""
        return self.filter(status__in=AGREED)


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
    expiry_tried_at = models.DateTimeField(null=True, help_text="when its expiry last failed; others go first")
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
