"""The stations app."""

from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "apps.stations"
    label = "stations"
    default_auto_field = "django.db.models.BigAutoField"
