"""The escrow app."""

from django.apps import AppConfig


class EscrowConfig(AppConfig):
    name = "apps.escrow"
    label = "escrow"
    default_auto_field = "django.db.models.BigAutoField"
