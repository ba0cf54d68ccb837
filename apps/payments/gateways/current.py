"""The gateway that the settings name."""

from functools import lru_cache

from django.conf import settings

from apps.payments.gateways.port import PaymentGateway
from apps.payments.gateways.stripe_api import StripeGateway, load_sdk


def gateway() -> PaymentGateway:
    """Return the gateway; one client a process, a new one when a test changes the settings."""
    return _client(
        settings.STRIPE_API_KEY,
        settings.STRIPE_WEBHOOK_SECRET,
        settings.STRIPE_API_BASE,
        settings.STRIPE_TIMEOUT_SECONDS,
    )


def make_ready() -> None:
    """Load the gateway before a server's first request: else its first purchase keeps every page waiting."""
    load_sdk()
    if settings.STRIPE_API_KEY:  # a copy without a key starts too, and cannot sell
        gateway()


@lru_cache(maxsize=4)
def _client(api_key: str, webhook_secret: str, base: str, timeout_seconds: float) -> PaymentGateway:
    return StripeGateway(api_key=api_key, webhook_secret=webhook_secret, base=base, timeout_seconds=timeout_seconds)
