"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the console name people."""
        from apps.accounts.selectors import addresses_of
        from apps.common.names import register_namer

        register_namer("user", addresses_of)
