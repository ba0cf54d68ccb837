"""WebSocket routes of the stations app."""

from django.urls import URLPattern

websocket_urlpatterns: list[URLPattern] = []
