"""System checks: what would make a running PetWash unsafe. Each has an id that can be looked up.

petwash.E001 demo settings in production · E002 weak or missing secret · E003 debug in production ·
E004 stand-in gateway in production · E005 a field key that is none · E006 a secret where browsers read.
"""

from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

SECRETS = (
    "SECRET_KEY",
    "JWT_SIGNING_KEY",
    "STATION_SIGNING_KEY",
    "BAY_TOKEN_KEY",
    "STRIPE_API_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "VETTING_API_KEY",
    "VETTING_WEBHOOK_SECRET",
)
WEAK_WORDS = (
    "changeme",
    "change-me",
    "insecure",
    "demo",
    "example",
    "secret-key",
    "unset",
    "password",
)
SHORTEST = {"SECRET_KEY": 50, "JWT_SIGNING_KEY": 32, "STATION_SIGNING_KEY": 40, "BAY_TOKEN_KEY": 32}
LOOPBACK = ("http://", "127.0.0.1", "localhost", "sandbox")


def in_production() -> bool:
    """Tell whether the production settings are in force."""
    return bool(settings.SETTINGS_MODULE == "petwash.settings.prod")


@register()
def refuse_demo_in_production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse demo accounts, the movable clock and debug pages in production."""
    if not in_production():
        return []
    found: list[CheckMessage] = []
    if settings.PETWASH_DEMO:
        found.append(Error("PETWASH_DEMO is on in production.", hint="Unset PETWASH_DEMO.", id="petwash.E001"))
    if settings.DEBUG:
        found.append(Error("DEBUG is on in production.", hint="Unset DEBUG.", id="petwash.E003"))
    found.extend(
        Error(f"{name} points to a stand-in.", hint=f"Unset {name} or give an https:// address.", id="petwash.E004")
        for name in ("STRIPE_API_BASE", "VETTING_API_BASE")
        if any(sign in getattr(settings, name) for sign in LOOPBACK)
    )
    return found


@register()
def refuse_weak_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse secrets that are missing, short or telling, and field keys that are none."""
    found: list[CheckMessage] = []
    for key in settings.FIELD_ENCRYPTION_KEYS:
        try:
            Fernet(key)
        except ValueError:
            found.append(
                Error(
                    "FIELD_ENCRYPTION_KEYS holds a value that is no Fernet key.",
                    hint="Make one with cryptography's Fernet.generate_key().",
                    id="petwash.E005",
                )
            )
    if not in_production():
        return found
    found.extend(
        Error(
            f"{name} is missing, too short or guessable.",
            hint=f"Draw {name} at random, {SHORTEST.get(name, 16)} characters or more.",
            id="petwash.E002",
        )
        for name in SECRETS
        if _is_weak(name, getattr(settings, name))
    )
    return found


@register()
def refuse_a_secret_in_the_browser(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to hand Stripe's secret key to everybody because two lines were swapped."""
    if settings.STRIPE_PUBLISHABLE_KEY.startswith("pk_") or not settings.STRIPE_PUBLISHABLE_KEY:
        return []
    return [
        Error(
            "STRIPE_PUBLISHABLE_KEY is no publishable key.",
            hint="It begins with pk_ and is shown to every customer; the secret one is STRIPE_API_KEY.",
            id="petwash.E006",
        )
    ]


def _is_weak(name: str, value: str) -> bool:
    return len(value) < SHORTEST.get(name, 16) or any(word in value.lower() for word in WEAK_WORDS)
