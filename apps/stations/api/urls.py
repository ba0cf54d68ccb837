"""Routes of the stations app, mounted under /api/v1/."""

from django.urls import path

from apps.stations.api import views

urlpatterns = [
    path("wash/stations", views.StationListView.as_view(), name="wash-stations"),
    path("wash/stations/<slug:station_id>", views.StationView.as_view(), name="wash-station"),
    path("wash/payment/activate", views.ActivateView.as_view(), name="wash-activate"),
    path("wash/status/live", views.LiveStatusView.as_view(), name="wash-live"),
    path("wash/maintenance/alert", views.MaintenanceAlertView.as_view(), name="wash-alert"),
    path("wash/<uuid:wash_id>", views.WashView.as_view(), name="wash"),
    path("wash/<uuid:wash_id>/stop", views.StopView.as_view(), name="wash-stop"),
]
