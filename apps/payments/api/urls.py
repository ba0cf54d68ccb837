"""Routes of the payments app, mounted under /api/v1/."""

from django.urls import URLPattern, path

from apps.payments.api.views import StripeWebhookView

urlpatterns: list[URLPattern] = [path("webhooks/stripe", StripeWebhookView.as_view())]
