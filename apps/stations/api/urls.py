"""Routes of the stations app, mounted under /api/v1/."""

from django.urls import path

from apps.stations.api import maintenance_views, own_wash_views, station_views, wash_views

urlpatterns = [
    path("wash/stations", station_views.StationListView.as_view(), name="wash-stations"),
    path("wash/stations/<slug:station_id>", station_views.StationView.as_view(), name="wash-station"),
    path("wash/payment/activate", wash_views.ActivateView.as_view(), name="wash-activate"),
    path("wash/status/live", station_views.LiveStatusView.as_view(), name="wash-live"),
    path("wash/maintenance/alert", maintenance_views.MaintenanceAlertView.as_view(), name="wash-alert"),
    path("wash/<uuid:wash_id>", wash_views.WashView.as_view(), name="wash"),
    path("wash/<uuid:wash_id>/stop", wash_views.StopView.as_view(), name="wash-stop"),
    path("wash/<uuid:wash_id>/top-up", own_wash_views.TopUpView.as_view(), name="wash-top-up"),
    path("wash/<uuid:wash_id>/top-up/cancel", own_wash_views.GiveUpTopUpView.as_view(), name="wash-top-up-cancel"),
    path("wash/<uuid:wash_id>/move", own_wash_views.MoveView.as_view(), name="wash-move"),
    path("wash/<uuid:wash_id>/resume", own_wash_views.ResumeView.as_view(), name="wash-resume"),
]
