"""Alerts in the console: taken on and cleared with a reason."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.common.admin import RowsInline
from apps.stations.admin.base import StationsAdmin
from apps.stations.models import Alert, AlertEntry
from apps.stations.services import alerts


class EntryRow(RowsInline):
    """Who did what with an alert."""

    model = AlertEntry
    related = ("actor",)
    fields = ("at", "change", "severity", "actor", "reason")


@admin.register(Alert)
class AlertAdmin(StationsAdmin):
    """Trouble: taken on and cleared by Operations."""

    list_display = ("station", "component", "severity", "level_pct", "raised_at", "acknowledged_at", "cleared_at")
    list_filter = (("cleared_at", admin.EmptyFieldListFilter), "severity", "station")
    list_select_related = ("station",)
    ordering = ("-id",)
    inlines = (EntryRow,)
    actions = ("acknowledge", "escalate", "clear")

    @admin.action(description="Acknowledge, with a reason", permissions=["act"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """Say that somebody looks after the chosen alerts."""
        return self.by_id(request, queryset.select_related("station"), "acknowledge", alerts.acknowledge)

    @admin.action(description="Make critical, with a reason", permissions=["act"])
    def escalate(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """Say that the chosen alerts are worse than they look."""
        return self.by_id(request, queryset.select_related("station"), "make critical", alerts.escalate)

    @admin.action(description="Clear, with a reason", permissions=["act"])
    def clear(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """Close the chosen alerts; a level that is still low comes back with the next sweep."""
        return self.by_id(request, queryset.select_related("station"), "clear", alerts.clear)
