"""Only for `make chaos`: development's settings with leases of seconds, against the run's own sandbox."""

from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from petwash.chaos import pace
from petwash.settings.dev import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.dev import PETWASH_DEMO, STRIPE_API_BASE

if not PETWASH_DEMO or urlsplit(STRIPE_API_BASE).hostname != "127.0.0.1":
    raise ImproperlyConfigured("These settings are for `make chaos` alone, which runs a sandbox on this machine.")

OUTSIDE_CALL_LEASE = timedelta(seconds=pace.LEASE_SECONDS)
OUTSIDE_CALL_LONGEST_WAIT = timedelta(seconds=pace.LONGEST_WAIT_SECONDS)
PAYOUT_RETRY_AFTER = timedelta(seconds=pace.LEASE_SECONDS)
STRIPE_TIMEOUT_SECONDS = pace.GATEWAY_TIMEOUT_SECONDS
