"""What travels between the server and a station: commands out, events in, and what was refused."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import Heartbeat
from apps.stations.models.station import Bay, Station
from apps.stations.models.wash import Wash
from apps.stations.states import CommandType


class Command(models.Model):
    """A command to a station; the body's exact bytes are kept, so every resend is the same."""

    ulid = models.CharField(max_length=26, unique=True)
    station = models.ForeignKey(Station, models.PROTECT, related_name="commands")
    bay = models.ForeignKey(Bay, models.PROTECT, null=True, related_name="commands")
    wash = models.ForeignKey(Wash, models.PROTECT, null=True, related_name="commands")
    type = models.CharField(max_length=10, choices=CommandType.choices)
    body = models.TextField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=real_now, null=True)
    acked_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(next_attempt_at__isnull=False),
                name="command_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.ulid}"


class StationEvent(models.Model):
    """An event that a station reported, kept once for ever; append-only."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="events")
    event_id = models.CharField(max_length=26)
    bay = models.ForeignKey(Bay, models.PROTECT, null=True, related_name="events")
    wash = models.ForeignKey(Wash, models.PROTECT, null=True, related_name="events")
    type = models.CharField(max_length=16)
    payload = models.JSONField()
    offline = models.BooleanField(default=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["station", "event_id"], name="event_once_a_station")]
        indexes = [BrinIndex(fields=["received_at"], name="event_received")]


class BridgeShard(Heartbeat):
    """A shard of the bridge as its heartbeat tells of it, for the console."""

    class Meta:
        proxy = True
        ordering = ["name"]


class DeadLetter(models.Model):
    """A message that could not be taken, with the reason; kept for the engineer, who may have it taken again, once.

    `tried_at` and `outcome` tell of the last try, `taken_at` of the one that worked.
    """

    topic = models.CharField(max_length=200)
    payload = models.TextField()
    reason = models.CharField(max_length=300)
    received_at = models.DateTimeField(default=real_now)
    tried_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=120, blank=True, db_default="")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.topic}: {self.reason}"
