"""Pages of the console that are not lists of a model."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.accounts import selectors as accounts
from apps.escrow import previews
from apps.stations import selectors as stations

ACKNOWLEDGE = ("Operations",)
SEE_PAYOUTS = ("Finance",)
SEE_FIGURES = ("Operations", "Support")


def live_stations(request: HttpRequest) -> HttpResponse:
    """Show the board; its figures arrive over the socket and the API, the stations' names with the page.

    The first news may come before the first answer of the desk, and must be told by name.
    """
    may_look = accounts.belongs_to(request.user, *SEE_FIGURES)
    settings = {
        "socket": "/ws/stations",
        "status": "/api/v1/wash/status/live",
        "live": reverse("admin:stations_live"),
        "places": stations.station_places(),
        "figures": reverse("admin:stations_figures", args=["STATION"]) if may_look else "",
        "mayAcknowledge": accounts.belongs_to(request.user, *ACKNOWLEDGE),
    }
    context = {**admin.site.each_context(request), "title": "Live stations", "board": settings, "is_fullwidth": True}
    return TemplateResponse(request, "admin/console/live.html", context)


def payouts(request: HttpRequest) -> HttpResponse:
    """Show Finance what the next runs will pay, what is blocked and whether the cash is there."""
    if not accounts.belongs_to(request.user, *SEE_PAYOUTS):
        raise PermissionDenied
    preview = previews.release_preview()
    context = {**admin.site.each_context(request), "title": "Payouts", "preview": preview, "is_fullwidth": True}
    return TemplateResponse(request, "admin/console/payouts.html", context)
