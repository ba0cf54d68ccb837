"""Stations, bays and tanks in the console."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import action

from apps.common.admin import RowsInline
from apps.common.console_actions import with_reason
from apps.common.console_columns import money_column
from apps.stations.admin.base import StationsAdmin, download
from apps.stations.bay_codes import code_svg, codes_pdf
from apps.stations.hours import WEEKDAYS, write_spans
from apps.stations.models import Bay, Program, Station, Tank
from apps.stations.services import bay_locks, codes, presence, provisioning
from apps.stations.words import chemical_name

MOST_SHEETS = 100
PROGRAM_PRICE = money_column("price_minor", "Price")


def sheets(page: StationsAdmin, request: HttpRequest, bays: QuerySet[Bay]) -> HttpResponse | None:
    """Answer one printable page a bay; a choice without bays, or too large for one paper, is told."""
    chosen = list(bays.select_related("station").order_by("station__slug", "number")[: MOST_SHEETS + 1])
    if not 0 < len(chosen) <= MOST_SHEETS:
        page.message_user(request, f"Choose 1 to {MOST_SHEETS} bays.", messages.ERROR)
        return None
    printed = codes.print_codes(bays=chosen, actor=request.user)
    return download(codes_pdf(printed, settings.COMPANY_NAME), "application/pdf", "bay-codes.pdf")


@admin.display(description="Chemical", ordering="chemical")
def tank_name(tank: Tank) -> str:
    """Name a tank as people do."""
    return tank.name


class ChemicalFilter(admin.AllValuesFieldListFilter):
    """Tanks of one chemical, by its name."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Offer the names."""
        for choice in super().choices(changelist):
            yield {**choice, "display": chemical_name(str(choice["display"]))}


class BayRow(RowsInline):
    """Bays of a station."""

    model = Bay
    fields = ("number", "state", "seconds_left", "fault", "locked_at", "presence_code", "reported_at")


class TankRow(RowsInline):
    """Tanks of a station."""

    model = Tank
    fields = (tank_name, "level_ml", "capacity_ml", "status", "warning_pct", "critical_pct", "reported_at")


class ProgramRow(RowsInline):
    """Programs of a station."""

    model = Program
    fields = ("code", "name", "seconds", PROGRAM_PRICE, "ml", "active")


@admin.register(Station)
class StationAdmin(StationsAdmin):
    """Stations with bays, tanks and programs; never their credentials."""

    list_display = ("slug", "name", "place", "zone", "online", "firmware", "last_seen_at", "revoked_at", "figures")
    list_filter = ("online", "zone")
    search_fields = ("slug__istartswith", "name__istartswith")
    ordering = ("slug",)
    fields = (
        "slug",
        "name",
        "place",
        "zone",
        "timezone",
        "open_when",
        "online",
        "epoch",
        "boot",
        "firmware",
        "last_seen_at",
        "revoked_at",
        "messages_over_limit",
        "over_limit_at",
    )
    readonly_fields = ("open_when",)
    inlines = (BayRow, TankRow, ProgramRow)
    actions = ("print_station_codes", "revoke")
    actions_detail = ("charts",)

    @action(description="Charts of levels and washes", url_path="charts", permissions=["view"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def charts(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Go to the station's figures."""
        station = get_object_or_404(Station, pk=object_id)
        return HttpResponseRedirect(reverse("admin:stations_figures", args=[station.slug]))

    @admin.action(description="Print codes (PDF)", permissions=["act"])
    def print_station_codes(self, request: HttpRequest, queryset: QuerySet[Station]) -> HttpResponse | None:
        """Answer the sheets of every bay of the chosen stations."""
        return sheets(self, request, Bay.objects.filter(station__in=queryset))

    @admin.display(description="Opening hours")
    def open_when(self, station: Station) -> str:
        """Tell the week and the dates that differ, a line each."""
        hours = station.opening_hours
        week = [f"{name.title()} {write_spans(spans)}" for name, spans in zip(WEEKDAYS, hours.week or (), strict=False)]
        dates = [f"{day} {write_spans(spans)}" for day, spans in sorted(hours.dates.items())]
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in [*(week or ["Always"]), *dates]))

    @admin.display(description="Figures")
    def figures(self, station: Station) -> str:
        """Lead to the charts, and from there to visits and the zone."""
        return format_html('<a href="{}">Charts</a>', reverse("admin:stations_figures", args=[station.slug]))

    @admin.action(description="Revoke, with a reason", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Station]) -> HttpResponse | None:
        """Cut the chosen stations off, as for a stolen device."""

        def cut_off(actor: Any, station: Station, reason: str) -> None:
            provisioning.revoke_station(slug=station.slug, actor=actor, reason=reason)

        return with_reason(
            self,
            request,
            queryset,
            "revoke",
            cut_off,
            warning="The broker drops the station at once. New credentials have to be typed in at the device.",
        )


@admin.register(Bay)
class BayAdmin(StationsAdmin):
    """Bays as they last reported."""

    list_display = ("station", "number", "state", "seconds_left", "fault", "locked_at", "presence_code", "reported_at")
    list_filter = ("state", ("locked_at", admin.EmptyFieldListFilter), "station")
    list_select_related = ("station",)
    fields = (
        "public_id",
        "station",
        "number",
        "state",
        "seconds_left",
        "fault",
        "failed_starts",
        "locked_at",
        "presence_code",
        "boot",
        "seq",
        "reported_at",
    )
    actions = ("unlock", "identify", "ask_for_code", "ask_for_no_code", "print_codes", "picture_of_code", "revoke_code")

    @admin.action(description="Print codes (PDF)", permissions=["act"])
    def print_codes(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Answer the sheets of the chosen bays."""
        return sheets(self, request, queryset)

    @admin.action(description="Picture of the code (SVG)", permissions=["act"])
    def picture_of_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Answer the one chosen bay's code for signs that are made elsewhere."""
        chosen = list(queryset.select_related("station")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one bay: each has a picture of its own.", messages.ERROR)
            return None
        [code] = codes.print_codes(bays=chosen, actor=request.user)
        return download(code_svg(code), "image/svg+xml", f"{chosen[0].station.slug}-bay-{code.bay}.svg")

    @admin.action(description="Revoke printed codes, with a reason", permissions=["act"])
    def revoke_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Make every print of the chosen bays worthless."""
        warning = "Customers who scan the old print are told that it is no longer valid. Put up a new one at once."
        chosen = queryset.select_related("station")
        return self.by_id(request, chosen, "revoke the codes", codes.revoke_code, warning=warning)

    @admin.action(description="Unlock for sale, with a reason", permissions=["act"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Sell the chosen bays again."""
        return self.by_id(request, queryset.select_related("station"), "unlock", bay_locks.unlock_by_hand)

    @admin.action(description="Let it blink; an answer unlocks it, with a reason", permissions=["act"])
    def identify(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Ask the chosen bays whether they are there."""
        return self.by_id(request, queryset.select_related("station"), "identify", bay_locks.identify)

    @admin.action(description="Ask buyers for the display's code, with a reason", permissions=["act"])
    def ask_for_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Sell only to who stands before the display."""
        return self.by_id(request, queryset.select_related("station"), "ask for the code", presence.ask_for_code)

    @admin.action(description="Ask for no code, with a reason", permissions=["act"])
    def ask_for_no_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Sell without a code, as when a display is broken."""
        return self.by_id(request, queryset.select_related("station"), "ask for no code", presence.ask_for_no_code)


@admin.register(Tank)
class TankAdmin(StationsAdmin):
    """Levels against thresholds."""

    list_display = (
        "station",
        tank_name,
        "level_pct",
        "level_ml",
        "capacity_ml",
        "warning_pct",
        "critical_pct",
        "status",
        "reported_at",
    )
    list_filter = ("status", ("chemical", ChemicalFilter), "station")
    list_select_related = ("station",)
    actions = ("set_thresholds",)

    @admin.action(description="Set thresholds, with a reason", permissions=["act"])
    def set_thresholds(self, request: HttpRequest, queryset: QuerySet[Tank]) -> HttpResponse | None:
        """Open the form of the one chosen tank."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one tank: each has thresholds of its own.", messages.ERROR)
            return None
        return HttpResponseRedirect(reverse("admin:stations_thresholds", args=[chosen[0].pk]) + "?list")
