"""When chemicals that do not add up are worth a person's time: dated rows, the newest one counts."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.stations.chemistry import Limits

PERCENT = [MinValueValidator(1), MaxValueValidator(100)]
POSITIVE = [MinValueValidator(1)]


class ChemicalLimits(models.Model):
    """Limits of the chemical reconciliation, set by Operations with a reason; append-only."""

    refill_ml = models.PositiveIntegerField(default=500, validators=POSITIVE)
    refill_window_minutes = models.PositiveIntegerField(default=120, validators=POSITIVE)
    leak_ml = models.PositiveIntegerField(default=300, validators=POSITIVE)
    leak_pct = models.PositiveIntegerField(default=20, validators=PERCENT)
    theft_ml = models.PositiveIntegerField(default=1000, validators=POSITIVE)
    theft_minutes = models.PositiveIntegerField(default=5, validators=POSITIVE)
    clog_pct = models.PositiveIntegerField(default=30, validators=PERCENT)
    clog_washes = models.PositiveIntegerField(default=3, validators=POSITIVE)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=200)
    since = models.DateTimeField(default=real_now)

    class Meta:
        verbose_name_plural = "chemical limits"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    refill_ml__gt=0,
                    refill_window_minutes__gt=0,
                    leak_ml__gt=0,
                    theft_ml__gt=0,
                    theft_minutes__gt=0,
                    clog_washes__gt=0,
                ),
                name="limits_are_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(leak_pct__range=(1, 100), clog_pct__range=(1, 100)), name="limits_are_percentages"
            ),
        ]

    def __str__(self) -> str:
        return f"Limits since {self.since:%Y-%m-%d %H:%M}"

    @property
    def limits(self) -> Limits:
        """The row as the pure engine wants it."""
        return Limits(
            refill_ml=self.refill_ml,
            refill_window_minutes=self.refill_window_minutes,
            leak_ml=self.leak_ml,
            leak_pct=self.leak_pct,
            theft_ml=self.theft_ml,
            theft_minutes=self.theft_minutes,
            clog_pct=self.clog_pct,
            clog_washes=self.clog_washes,
        )
