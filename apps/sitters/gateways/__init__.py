"""The border to the company that runs background checks."""

from django.conf import settings

from apps.sitters.gateways.checkr import CheckrProvider
from apps.sitters.gateways.port import VettingProvider


def vetting_provider() -> VettingProvider:
    """Return the configured provider."""
    return CheckrProvider(
        base_url=settings.VETTING_API_BASE,
        api_key=settings.VETTING_API_KEY,
        webhook_secret=settings.VETTING_WEBHOOK_SECRET,
    )
