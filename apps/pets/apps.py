"""The pets app."""

from django.apps import AppConfig


class PetsConfig(AppConfig):
    name = "apps.pets"
    label = "pets"
    default_auto_field = "django.db.models.BigAutoField"
