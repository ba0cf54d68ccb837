"""WebSocket routes of the stations app."""

from django.urls import URLPattern, path

from apps.stations.consumers import StationsConsumer

websocket_urlpatterns: list[URLPattern] = [path("ws/stations", StationsConsumer.as_asgi())]
