"""Is our account at the gateway set up as a platform that holds money for others needs it?"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction

from apps.common import health
from apps.common.clock import real_now
from apps.common.db import outside_call
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayError
from apps.payments.gateways.stripe_api import API_VERSION
from apps.payments.models import GatewayCheck

log = structlog.get_logger(__name__)
WEBHOOK_PATH = "/api/v1/webhooks/stripe"


@dataclass(frozen=True, slots=True)
class GatewayFinding:
    """One part of the account: whether it is as it must be, and a sentence that says why not, or what was seen."""

    part: str
    ok: bool
    note: str


def check_gateway() -> list[GatewayFinding]:
    """Ask the gateway about our own account, outside of any transaction, and keep what is wrong for the status page.

    Looked at: whether it takes our key and API version; whether held money is paid out by itself; whether the
    address of our webhooks is switched on. Nothing is changed there.
    """
    parts: list[tuple[str, Callable[[], tuple[bool, str]]]] = [
        ("key", _key),
        ("payouts", _payouts),
        ("webhooks", _webhooks),
    ]
    found = []
    for part, look in parts:
        try:
            with outside_call():
                ok, note = look()
        except GatewayError as error:
            ok, note = part == "webhooks", f"cannot be read: {error}"
        found.append(GatewayFinding(part, ok, note))
    problems = [f"{finding.part}: {finding.note}" for finding in found if not finding.ok]
    with transaction.atomic(durable=True):
        GatewayCheck.objects.update_or_create(pk=1, defaults={"checked_at": real_now(), "problems": problems})
    if problems:
        log.warning("gateway_check", problems=problems)
    return found


def as_last_checked() -> health.Finding:
    """Return the last check's result for the status page, which makes no outside call of its own."""
    try:
        row = GatewayCheck.objects.filter(pk=1).first()
    except DatabaseError as error:
        return health.Finding("gateway", ok=False, note=type(error).__name__)
    if row is None:
        return health.Finding("gateway", ok=True, note="not checked yet")
    age = (real_now() - row.checked_at).total_seconds()
    note = "; ".join(str(problem) for problem in row.problems) or f"checked {age:.0f} s ago"
    return health.Finding("gateway", ok=not row.problems, note=note)


def _key() -> tuple[bool, str]:
    gateway().balance()
    return True, f"taken, with API version {API_VERSION}"


def _payouts() -> tuple[bool, str]:
    interval = gateway().payout_interval()
    if interval == "manual":
        return True, "on request only"
    return False, (
        f"the balance is paid out by itself ({interval or 'schedule unknown'}), held money included: "
        "set the platform's payout schedule to manual"
    )


def _webhooks() -> tuple[bool, str]:
    """A key may lack the right to see endpoints, and the sweep of events stands in for them: no news is no fault."""
    url = settings.PUBLIC_BASE_URL.rstrip("/") + WEBHOOK_PATH
    ours = [endpoint for endpoint in gateway().webhook_endpoints() if endpoint.url == url]
    if not ours:
        return True, f"none is listed for {url}; events are swept"
    if not any(endpoint.enabled for endpoint in ours):
        return False, f"{url} is switched off: switch it on again at the gateway"
    other = sorted({endpoint.api_version for endpoint in ours} - {"", API_VERSION})
    return True, f"written in API version {', '.join(other)}, read in {API_VERSION}" if other else "on"
