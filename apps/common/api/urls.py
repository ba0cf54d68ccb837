"""Routes of the kernel, mounted under /api/v1/."""

from django.urls import path

from apps.common.api.demo import DemoClockView

urlpatterns = [path("demo/clock", DemoClockView.as_view(), name="demo-clock")]
