"""The commission app."""

from django.apps import AppConfig


class CommissionConfig(AppConfig):
    """What PetWash takes, as dated rows."""

    name = "apps.commission"
    label = "commission"
    default_auto_field = "django.db.models.BigAutoField"
