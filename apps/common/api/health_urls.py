"""Routes of the health pages, mounted under /health/."""

from django.urls import path

from apps.common.api import health

urlpatterns = [
    path("live", health.live, name="health-live"),
    path("ready", health.ready, name="health-ready"),
    path("status", health.status, name="health-status"),
]
