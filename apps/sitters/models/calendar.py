"""Price list and nights: the scarce stock of a sitter."""

from django.db import models
from django.db.models import F, Q

from apps.common.clock import real_now
from apps.sitters.models.profile import SitterProfile
from apps.sitters.states import ServiceKind


class SitterService(models.Model):
    """One service that a sitter offers, priced in the profile's currency."""

    id = models.BigAutoField(primary_key=True)
    sitter = models.ForeignKey(SitterProfile, on_delete=models.PROTECT, related_name="services")
    service = models.CharField(max_length=16, choices=ServiceKind)
    nightly_minor = models.BigIntegerField()
    extra_pet_minor = models.BigIntegerField(default=0)
    capacity = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "sitters_service"
        ordering = ["sitter_id", "service"]
        constraints = [
            models.UniqueConstraint(fields=["sitter", "service"], name="sitters_service_once"),
            models.CheckConstraint(
                name="sitters_service_positive",
                condition=Q(nightly_minor__gt=0, extra_pet_minor__gte=0, capacity__gte=1),
            ),
        ]


class SitterNight(models.Model):
    """One night's stock. A row exists once the night was blocked or reserved; else it is open.

    `booked` counts pets. An exclusive service takes the whole night, so that the same CHECK
    refuses a second exclusive stay, and any other one beside it.
    """

    id = models.BigAutoField(primary_key=True)
    sitter = models.ForeignKey(SitterProfile, on_delete=models.PROTECT, related_name="nights")
    night = models.DateField()
    capacity = models.PositiveSmallIntegerField()
    booked = models.PositiveSmallIntegerField(default=0)
    blocked = models.BooleanField(default=False)
    exclusive = models.BooleanField(default=False)

    class Meta:
        db_table = "sitters_night"
        constraints = [
            models.UniqueConstraint(fields=["sitter", "night"], name="sitters_night_once"),
            models.CheckConstraint(
                name="sitters_night_not_oversold",
                condition=Q(booked__gte=0, booked__lte=F("capacity")),
            ),
            models.CheckConstraint(
                name="sitters_night_exclusive_is_full",
                condition=Q(exclusive=False) | Q(booked=F("capacity")),
            ),
            models.CheckConstraint(
                name="sitters_night_blocked_is_empty",
                condition=Q(blocked=False) | Q(booked=0),
            ),
        ]


class NightReservation(models.Model):
    """What one booking holds of one night. `units` were taken from the night's stock."""

    id = models.BigAutoField(primary_key=True)
    night = models.ForeignKey(SitterNight, on_delete=models.PROTECT, related_name="reservations")
    booking = models.CharField(max_length=64)
    service = models.CharField(max_length=16, choices=ServiceKind)
    units = models.PositiveSmallIntegerField()
    reserved_at = models.DateTimeField(default=real_now)
    freed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sitters_night_reservation"
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "night"],
                condition=Q(freed_at__isnull=True),
                name="sitters_night_reservation_once",
            ),
            models.CheckConstraint(name="sitters_night_reservation_units", condition=Q(units__gte=1)),
        ]
        indexes = [
            models.Index(
                fields=["booking"],
                name="sitters_night_reservation_of",
                condition=Q(freed_at__isnull=True),
            )
        ]
