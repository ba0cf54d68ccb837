"""Routes of the fraud app, mounted under /api/v1/."""

from django.urls import path

from apps.fraud.api.views import FraudLogView

urlpatterns = [path("fraud/log", FraudLogView.as_view(), name="fraud-log")]
