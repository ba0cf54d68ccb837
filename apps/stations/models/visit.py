"""Who was at a station, what they did there, and what they poured into its tanks."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.stations.models.station import Station, Tank


class MaintenanceVisit(PublicModel):
    """A visit of staff; `key` names the form that was sent, so that a repeat records nothing. Append-only."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="visits")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    key = models.CharField(max_length=64, unique=True)
    visited_at = models.DateTimeField()
    done = models.CharField(max_length=1000)
    recorded_at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.station.slug}, {self.visited_at:%Y-%m-%d %H:%M}"


class Refill(models.Model):
    """What a visit poured into a tank, in millilitres as read at the tank; append-only."""

    visit = models.ForeignKey(MaintenanceVisit, models.PROTECT, related_name="refills")
    tank = models.ForeignKey(Tank, models.PROTECT, related_name="refills")
    at = models.DateTimeField()
    before_ml = models.PositiveIntegerField()
    after_ml = models.PositiveIntegerField()
    canister = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "tank"], name="one_refill_a_tank_and_visit"),
            models.CheckConstraint(condition=Q(after_ml__gt=F("before_ml")), name="refill_adds_something"),
        ]
        indexes = [models.Index(fields=["tank", "at"], name="refill_of_tank_at")]

    def __str__(self) -> str:
        return f"{self.tank}: {self.before_ml} to {self.after_ml} ml"
