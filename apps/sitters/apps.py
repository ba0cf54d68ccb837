"""The sitters app."""

from django.apps import AppConfig


class SittersConfig(AppConfig):
    name = "apps.sitters"
    label = "sitters"
    default_auto_field = "django.db.models.BigAutoField"
