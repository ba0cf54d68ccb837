"""The kernel."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules


class CommonConfig(AppConfig):
    name = "apps.common"
    label = "common"

    def ready(self) -> None:
        """Load every app's event handlers, privacy registrations and figures; refuse an unsafe production.

        A server process runs no system checks by itself, so production runs ours here.
        """
        from apps.common import checks

        found = [
            *checks.refuse_demo_in_production(None),
            *checks.refuse_weak_secrets(None),
            *checks.refuse_a_secret_in_the_browser(None),
        ]
        if found and checks.in_production():
            raise ImproperlyConfigured(" ".join(f"{error.id}: {error.msg} {error.hint}" for error in found))
        autodiscover_modules("events", "handlers", "privacy", "metrics")
