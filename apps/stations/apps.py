"""The stations app."""

from django.apps import AppConfig


class StationsConfig(AppConfig):
    name = "apps.stations"
    label = "stations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Take the results of payments for washes."""
        from apps.payments.purposes import register_purpose
        from apps.stations.purposes import TopUpPurpose, WashPurpose

        register_purpose(WashPurpose)
        register_purpose(TopUpPurpose)
