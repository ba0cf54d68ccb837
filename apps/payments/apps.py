"""The payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "apps.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Show the gateway on the status page."""
        from apps.common import health
        from apps.payments.services import as_last_checked

        health.register(as_last_checked)
