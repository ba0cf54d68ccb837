"""The statements app."""

from django.apps import AppConfig


class StatementsConfig(AppConfig):
    """Receipts, statements and year totals."""

    name = "apps.statements"
    label = "statements"
    default_auto_field = "django.db.models.BigAutoField"
