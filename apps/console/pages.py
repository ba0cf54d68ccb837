"""Pages of the console that are not lists of a model."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.accounts import selectors as accounts

ACKNOWLEDGE = ("Operations",)


def live_stations(request: HttpRequest) -> HttpResponse:
    """Show the board; its figures arrive over the socket and the API, not with the page."""
    settings = {
        "socket": "/ws/stations",
        "status": "/api/v1/wash/status/live",
        "alerts": reverse("admin:live_alerts"),
        "mayAcknowledge": accounts.belongs_to(request.user, *ACKNOWLEDGE),
    }
    context = {**admin.site.each_context(request), "title": "Live stations", "board": settings, "is_fullwidth": True}
    return TemplateResponse(request, "admin/console/live.html", context)
