"""The console's admin site."""

from typing import Any

from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, reverse
from unfold.sites import UnfoldAdminSite

from apps.console import navigation
from apps.console.login import LoginForm
from apps.console.password import PasswordForm


class PetWashAdminSite(UnfoldAdminSite):
    """The one admin site; entry needs a staff account and a verified second factor."""

    site_header = "PetWash console"
    index_title = "Overview"
    login_template = "admin/console/login.html"
    index_template = "admin/console/home.html"
    enable_nav_sidebar = True

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, active, and verified by a second factor in this very session."""
        is_verified = getattr(request.user, "is_verified", None)
        return bool(super().has_permission(request) and is_verified is not None and is_verified())

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Put our pages before the models'."""
        from apps.console import pages
        from apps.console.api import views

        return [
            path("stations/live/", self.admin_view(pages.live_stations), name="stations_live"),
            path("stations/live/desk", views.DeskView.as_view(), name="live_desk"),
            path("payouts/", self.admin_view(pages.payouts), name="payouts"),
            path(
                "stations/live/alerts/<uuid:alert_id>/acknowledge",
                views.AcknowledgeView.as_view(),
                name="live_acknowledge",
            ),
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show or take the one login page; while locked the answer is 429 with Retry-After."""
        response: HttpResponse = super().login(request, extra_context)
        wait = getattr(request, "locked_for_seconds", None)
        if wait is not None:
            response.status_code = 429
            response["Retry-After"] = str(wait)
        return response

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the figures that somebody has to act on."""
        from apps.console import selectors

        overview = {"desks": selectors.desks(request.user), "health": selectors.health()}
        answer: HttpResponse = super().index(request, {**overview, **(extra_context or {})})
        return answer

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Change one's own password."""
        view = PasswordChangeView.as_view(
            form_class=PasswordForm,
            success_url=reverse("admin:password_change_done"),
            template_name="registration/password_change_form.html",
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        answer: HttpResponse = view(request)  # type: ignore[assignment]  # the stubs know only the base class
        return answer

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Group what the person may see by desk."""
        return navigation.sidebar(self.get_app_list(request), request)
