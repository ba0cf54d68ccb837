"""The reconciliation app."""

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "apps.reconciliation"
    label = "reconciliation"
    default_auto_field = "django.db.models.BigAutoField"
