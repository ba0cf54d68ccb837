"""The escrow app."""

from django.apps import AppConfig


class EscrowConfig(AppConfig):
    """Protected payments of stays."""

    name = "apps.escrow"
    label = "escrow"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell payments what to do with answers about escrow's purposes, and monitoring what to watch."""
        from apps.escrow.figures import register_figures
        from apps.escrow.purposes import PURPOSES
        from apps.payments.purposes import register_purpose

        for purpose in PURPOSES:
            register_purpose(purpose())
        register_figures()
