"""What Operations do beyond looking: visits, the refill list, figures of a station, thresholds, zones, limits."""

from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from unfold.decorators import action

from apps.accounts.models import User
from apps.common.admin import RowsInline
from apps.common.bodies import takes_file
from apps.common.clock import real_now
from apps.common.console_forms import ConsoleForm, ask
from apps.common.errors import NotFound
from apps.common.ids import uuid7
from apps.common.pictures import MOST_BYTES
from apps.stations import charts
from apps.stations.admin.base import StationsAdmin
from apps.stations.console_forms import HoursForm, LimitsForm, PhotoForm, ThresholdsForm, VisitForm, ZoneForm
from apps.stations.figures import as_json, station_figures
from apps.stations.models import ChemicalLimits, MaintenanceVisit, Refill, Station, Tank
from apps.stations.refill_plan import WITHIN_DAYS, as_csv, refill_plan
from apps.stations.services import limits_of_chemicals, opening_hours, photos, settings_of_stations, visits


class RefillRow(RowsInline):
    """What a visit poured."""

    model = Refill
    related = ("tank",)
    fields = ("tank", "at", "before_ml", "after_ml", "canister")


class OperationsAdmin(StationsAdmin):
    """Lists with pages of their own, which Operations alone may send."""

    def ask(
        self,
        request: HttpRequest,
        title: str,
        form: ConsoleForm,
        act: Callable[[], object],
        *,
        button: str,
        back: str = "",
    ) -> HttpResponse:
        """Ask Operations, and do what they say; go `back` to an address, or to the list."""
        if not self.has_act_permission(request):
            raise PermissionDenied

        def submit() -> str:
            act()
            return f"Done: {title}."

        return ask(self, request, form, title, submit, button=button, back=back)

    def look(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """Show a page to those who see the list."""
        return TemplateResponse(request, template, {**self.admin_site.each_context(request), **context})

    def page(self, route: str, view: Any, name: str) -> URLPattern:
        """Return the address of a page for those who see the list."""

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise PermissionDenied
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer

        address: URLPattern = path(route, self.admin_site.admin_view(guarded), name=name)
        return address


@admin.register(MaintenanceVisit)
class VisitAdmin(OperationsAdmin):
    """Who was where and what they poured; the refill list and the figures of a station hang here, too."""

    list_display = ("visited_at", "station", "actor", "done", "recorded_at")
    list_filter = ("station",)
    list_select_related = ("station", "actor")
    ordering = ("-id",)
    fields = ("public_id", "station", "actor", "visited_at", "done", "recorded_at")
    inlines = (RefillRow,)
    actions_list = ("refills",)

    @action(description="Refills that are due", url_path="due", permissions=["view"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def refills(self, request: HttpRequest) -> HttpResponse:
        """Go to the driver's list."""
        return HttpResponseRedirect(reverse("admin:stations_refills"))

    def get_urls(self) -> list[URLPattern]:
        """Put our pages before the list's."""
        return [
            self.page("refills/", self.refills_page, "stations_refills"),
            self.page("refills.csv", self.refills_csv, "stations_refills_csv"),
            self.page("at/<slug:slug>/record/", self.record_page, "stations_record_visit"),
            self.page("at/<slug:slug>/zone/", self.zone_page, "stations_zone"),
            self.page("at/<slug:slug>/figures/", self.figures_page, "stations_figures"),
            self.page("at/<slug:slug>/hours/", self.hours_page, "stations_hours"),
            self.page("at/<slug:slug>/photo/", self.photo_page, "stations_photo"),
            self.page("tank/<int:pk>/thresholds/", self.thresholds_page, "stations_thresholds"),
            *super().get_urls(),
        ]

    def refills_page(self, request: HttpRequest) -> HttpResponse:
        """Show the driver's list."""
        within = _within(request)
        context = {"title": "Refills", "tours": refill_plan(within), "within": within}
        return self.look(request, "admin/stations/refills.html", context)

    def refills_csv(self, request: HttpRequest) -> HttpResponse:
        """Give the same list as a file."""
        answer = HttpResponse(as_csv(refill_plan(_within(request))), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="refills-{real_now():%Y-%m-%d}.csv"'
        return answer

    def record_page(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Record a visit."""
        station = get_object_or_404(Station, slug=slug)
        first = {"key": str(uuid7()), "visited_at": real_now().replace(second=0, microsecond=0)}
        form = VisitForm(station, request.POST or None, initial=first)

        def act() -> None:
            data = form.cleaned_data
            visits.record_visit(
                _who(request),
                slug,
                key=data["key"],
                visited_at=data["visited_at"],
                done=data["done"],
                refills=form.refills(),
            )

        title, back = f"Record a visit to {station.name}", figures_of(station)
        return self.ask(request, title, form, act, button="Record the visit", back=back)

    def zone_page(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Put a station into a zone."""
        station = get_object_or_404(Station, slug=slug)
        form = ZoneForm(request.POST or None, initial={"zone": station.zone})

        def act() -> None:
            settings_of_stations.set_zone(_who(request), slug, **form.cleaned_data)

        back = figures_of(station)
        return self.ask(request, f"Zone of {station.name}", form, act, button="Save the zone", back=back)

    def hours_page(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Set when a station is open."""
        station = get_object_or_404(Station, slug=slug)
        form = HoursForm(station, request.POST or None)

        def act() -> None:
            opening_hours.set_hours(_who(request), slug, **form.settings())

        title = f"Opening hours of {station.name}"
        back = figures_of(station)
        return self.ask(request, title, form, act, button="Save the hours", back=back)

    @takes_file("picture", MOST_BYTES)
    def photo_page(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Set the photo of a station, or take it away."""
        station = get_object_or_404(Station, slug=slug)
        form = PhotoForm(station, request.POST or None, request.FILES or None)

        def act() -> None:
            data = form.cleaned_data
            if data["remove"]:
                photos.remove_photo(_who(request), slug, reason=data["reason"])
            else:
                photos.set_photo(_who(request), slug, upload=data["picture"], reason=data["reason"])

        back = figures_of(station)
        return self.ask(request, f"Photo of {station.name}", form, act, button="Save the photo", back=back)

    def thresholds_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set the thresholds of a tank."""
        tank = get_object_or_404(Tank.objects.select_related("station"), pk=pk)
        now = {"warning_pct": tank.warning_pct, "critical_pct": tank.critical_pct}
        form = ThresholdsForm(request.POST or None, initial=now)

        def act() -> None:
            settings_of_stations.set_thresholds(_who(request), pk, **form.cleaned_data)

        title = f"Thresholds of {tank.station.name}, {tank.name}"
        is_from_list = "list" in request.GET
        back = reverse("admin:stations_tank_changelist") if is_from_list else figures_of(tank.station)
        return self.ask(request, title, form, act, button="Save the thresholds", back=back)

    def figures_page(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Draw a station's last week, or give its numbers with `?format=json`."""
        try:
            figures = station_figures(slug)
        except NotFound as error:
            raise Http404 from error
        if request.GET.get("format") == "json":
            return JsonResponse(as_json(figures))
        lines = [
            charts.Line(one.tank.name, [_pct(level, one.tank.capacity_ml) for level in one.levels])
            for one in figures.tanks
        ]
        rows = zip(figures.hours, figures.washes, *(one.levels for one in figures.tanks), strict=True)
        context = {
            "title": f"Figures of {figures.station.name}",
            "figures": figures,
            "levels": charts.line_chart("Levels of the last 7 days, in per cent", figures.hours, lines),
            "legend": charts.legend(lines),
            "washes": charts.bar_chart("Washes begun in each hour of the last 7 days", figures.hours, figures.washes),
            "rows": [(row[0], row[1], row[2:]) for row in rows][::-1],
            "may_act": self.has_act_permission(request),
        }
        return self.look(request, "admin/stations/figures.html", context)


@admin.register(ChemicalLimits)
class ChemicalLimitsAdmin(OperationsAdmin):
    """From where on chemicals that do not add up are told; the newest row counts."""

    list_display = ("since", "actor", "reason", "leak_ml", "leak_pct", "theft_ml", "clog_pct", "refill_ml")
    list_select_related = ("actor",)
    ordering = ("-id",)
    actions_list = ("change",)

    @action(description="Change the limits", url_path="decide", permissions=["act"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def change(self, request: HttpRequest) -> HttpResponse:
        """Go to the form of new limits."""
        return HttpResponseRedirect(reverse("admin:stations_change_limits"))

    def get_urls(self) -> list[URLPattern]:
        """Add the form of new limits."""
        return [self.page("change/", self.change_page, "stations_change_limits"), *super().get_urls()]

    def change_page(self, request: HttpRequest) -> HttpResponse:
        """Ask for new limits."""
        form = LimitsForm(request.POST or None, initial=asdict(limits_of_chemicals.current_limits()))

        def act() -> None:
            limits = form.limits()
            limits_of_chemicals.change_limits(_who(request), limits, reason=form.cleaned_data["reason"])

        title = "Limits of the chemical reconciliation"
        return self.ask(request, title, form, act, button="Save the limits")


def _who(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User), "admin_view lets staff users in alone"
    return user


def figures_of(station: Station) -> str:
    """Return the address of the station's page, from which its forms are opened."""
    return reverse("admin:stations_figures", args=[station.slug])


def _within(request: HttpRequest) -> int:
    """Return how many days ahead the list looks; what is no number from 0 to 60 is the usual week."""
    asked = request.GET.get("within", "")
    return int(asked) if asked.isascii() and asked.isdigit() and int(asked[:3]) <= 60 else WITHIN_DAYS


def _pct(level_ml: int | None, capacity_ml: int) -> float | None:
    return None if level_ml is None else level_ml * 100 / capacity_ml
