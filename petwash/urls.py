"""Every route of the project: the API, its documents, health and the console."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from apps.common.api import metrics
from apps.stations.pages import photo

API_APPS = (
    "common",
    "accounts",
    "ledger",
    "payments",
    "pets",
    "sitters",
    "fraud",
    "stations",
    "escrow",
    "bookings",
    "messaging",
    "statements",
)

handler404 = "apps.common.api.exceptions.not_found"
handler500 = "apps.common.api.exceptions.server_error"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="swagger-ui"), name="home"),
    path("metrics", metrics.show, name="metrics"),
    path("health/", include("apps.common.api.health_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "api/schema/swagger-ui/",
        SpectacularSwaggerView.as_view(url_name="schema"),
        name="swagger-ui",
    ),
    path("api/schema/redoc/", SpectacularRedocView.as_view(url_name="schema"), name="redoc"),
    *[path("api/v1/", include(f"apps.{app}.api.urls")) for app in API_APPS],
    path("account/", include("apps.accounts.page_urls")),
    path("w/", include("apps.stations.pages.urls")),
    path("pictures/stations/<str:file>", photo.show, name="station-photo"),
    *([path("demo/", include("apps.demo.urls"))] if apps.is_installed("apps.demo") else []),
    path("admin", RedirectView.as_view(pattern_name="admin:index", query_string=True)),
    path("admin/", admin.site.urls),
]
