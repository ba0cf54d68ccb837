"""What an operator must see: alerts, who did what with them, and what devices reported."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.stations.models.station import Station
from apps.stations.states import AlertChange, Severity


class Alert(PublicModel):
    """Trouble with one component of a station; at most one is open for each."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="alerts")
    component = models.CharField(max_length=100)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    level_pct = models.PositiveSmallIntegerField(null=True)
    message = models.CharField(max_length=300, blank=True)
    raised_at = models.DateTimeField(default=real_now)
    acknowledged_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["station", "component"],
                condition=Q(cleared_at__isnull=True),
                name="one_open_alert_a_component",
            )
        ]

    def __str__(self) -> str:
        return f"{self.station.slug}: {self.component} ({self.severity})"


class AlertEntry(models.Model):
    """One change of an alert, by whom (nobody: the system itself); append-only."""

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="entries")
    change = models.CharField(max_length=12, choices=AlertChange.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=real_now)

    class Meta:
        verbose_name_plural = "alert entries"
        ordering = ["id"]


class AlertReport(models.Model):
    """A device's own report, once by its event id; it points to the alert that it met."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="alert_reports")
    event_id = models.CharField(max_length=64)
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="reports")
    received_at = models.DateTimeField(default=real_now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "event_id"], name="report_once_a_station")]


class AlertSignature(models.Model):
    """A signature that was used over HTTP, kept while its timestamp is fresh: no replay."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="+")
    signature = models.CharField(max_length=80)
    seen_at = models.DateTimeField(default=real_now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["station", "signature"], name="signature_used_once")]
