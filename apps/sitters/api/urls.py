"""Routes of the sitters app, mounted under /api/v1/."""

from django.urls import path

from apps.sitters.api.own import CalendarView, PayoutAccountView, ProfileView, RatesView
from apps.sitters.api.public import SitterSearchView, SitterView
from apps.sitters.api.vetting import VettingSubmitView, VettingView, VettingWebhookView

urlpatterns = [
    path("sitter/vetting/submit", VettingSubmitView.as_view(), name="sitter-vetting-submit"),
    path("sitter/vetting", VettingView.as_view(), name="sitter-vetting"),
    path("sitter/profile", ProfileView.as_view(), name="sitter-profile"),
    path("sitter/rates", RatesView.as_view(), name="sitter-rates"),
    path("sitter/calendar", CalendarView.as_view(), name="sitter-calendar"),
    path("sitter/payout-account", PayoutAccountView.as_view(), name="sitter-payout-account"),
    path("sitters", SitterSearchView.as_view(), name="sitters"),
    path("sitters/<str:sitter_id>", SitterView.as_view(), name="sitter"),
    path("webhooks/vetting/<str:provider>", VettingWebhookView.as_view(), name="vetting-webhook"),
]
