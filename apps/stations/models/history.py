"""What tanks held and what went through them: a sample a minute, a summary a day."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.stations.models.station import Tank


class TankSample(models.Model):
    """The level of a tank in one minute while its station was online; append-only.

    A minute without a sample is a minute in which nobody knew the level. The database refuses to change samples,
    and to delete those of the last 14 days.
    """

    tank = models.ForeignKey(Tank, models.PROTECT, related_name="samples", db_index=False)
    minute = models.DateTimeField()
    level_ml = models.PositiveIntegerField()

    class Meta:
        ordering = ["tank_id", "minute"]
        constraints = [models.UniqueConstraint(fields=["tank", "minute"], name="one_sample_a_minute")]
        indexes = [BrinIndex(fields=["minute"], name="sample_minute")]


class TankDay(models.Model):
    """What left a tank on one day (UTC), by its level and by the words of the bays; written again for late events.

    `fall_ml` is how far the level fell, refills taken out; `rise_ml` how far refills lifted it; `used_ml` what the
    events of its washes reported; `expected_ml` what their seconds should have taken.
    """

    tank = models.ForeignKey(Tank, models.PROTECT, related_name="days", db_index=False)
    day = models.DateField()
    samples = models.PositiveIntegerField()
    fall_ml = models.IntegerField()
    rise_ml = models.PositiveIntegerField()
    used_ml = models.PositiveIntegerField()
    expected_ml = models.PositiveIntegerField()
    washes = models.PositiveIntegerField()
    closed_at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["tank_id", "-day"]
        constraints = [
            models.UniqueConstraint(fields=["tank", "day"], name="one_row_a_tank_and_day"),
            models.CheckConstraint(condition=Q(samples__lte=1440), name="a_day_has_1440_minutes"),
        ]
