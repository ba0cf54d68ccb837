"""Our account at the gateway is checked: held money must not leave by itself."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from apps.payments import services
from apps.payments.gateways.port import EndpointFacts
from apps.payments.gateways.stripe_api import API_VERSION, StripeGateway
from apps.payments.models import GatewayCheck
from apps.payments.services import checking
from apps.payments.tests.fixtures import Sandbox

pytestmark = pytest.mark.django_db


def found() -> dict[str, tuple[bool, str]]:
    """Check, and return what was found by part."""
    return {finding.part: (finding.ok, finding.note) for finding in services.check_gateway()}


def shown() -> dict[str, Any]:
    """Return the gateway's line on the status page."""
    part: dict[str, Any] = Client().get("/health/status").json()["parts"]["gateway"]
    return part


def test_an_account_that_keeps_its_money_is_well(stripe_sandbox: Sandbox) -> None:
    out = StringIO()

    call_command("check_gateway", stdout=out)

    assert "on request only" in out.getvalue()
    assert API_VERSION in out.getvalue()
    assert shown()["ok"] is True
    assert shown()["note"].startswith("checked ")


def test_automatic_payouts_are_a_problem_until_they_are_manual(stripe_sandbox: Sandbox) -> None:
    stripe_sandbox.pay_out_daily()
    out = StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("check_gateway", stdout=out)

    assert end.value.code == 1
    assert "(daily)" in out.getvalue()
    assert shown()["ok"] is False
    assert "set the platform's payout schedule to manual" in shown()["note"]

    stripe_sandbox.post("/_sandbox/payouts/schedule", interval="manual").raise_for_status()
    assert found()["payouts"] == (True, "on request only")
    assert shown()["ok"] is True


def test_a_key_that_the_gateway_does_not_take_is_a_problem(stripe_sandbox: Sandbox, settings: Any) -> None:
    settings.STRIPE_API_KEY = "sk_test_wrong"

    parts = found()

    assert parts["key"] == (False, "cannot be read: AuthenticationError (HTTP 401)")
    assert parts["payouts"][0] is False
    assert "sk_test_wrong" not in str(GatewayCheck.objects.get().problems)


def test_a_gateway_without_an_answer_is_a_problem_and_no_crash(settings: Any) -> None:
    from petwash.devstack.ports import free_port

    settings.STRIPE_API_BASE = f"http://127.0.0.1:{free_port()}"

    assert found()["key"][0] is False
    assert shown()["ok"] is False


def test_before_the_first_check_the_page_is_well(stripe_sandbox: Sandbox) -> None:
    assert shown() == {"ok": True, "note": "not checked yet"}


@pytest.mark.parametrize(
    ("enabled", "version", "ok", "note"),
    [
        (True, API_VERSION, True, "on"),
        (True, "", True, "on"),
        (True, "2020-08-27", True, f"written in API version 2020-08-27, read in {API_VERSION}"),
        (False, API_VERSION, False, "switched off"),
    ],
)
def test_the_webhooks_address_is_looked_at(
    stripe_sandbox: Sandbox,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    enabled: bool,
    version: str,
    ok: bool,
    note: str,
) -> None:
    url = settings.PUBLIC_BASE_URL.rstrip("/") + checking.WEBHOOK_PATH
    others = EndpointFacts("https://other.example", enabled=False, api_version="")
    listed = [others, EndpointFacts(url, enabled=enabled, api_version=version)]
    monkeypatch.setattr(StripeGateway, "webhook_endpoints", lambda _self: listed)

    assert found()["webhooks"][0] is ok
    assert note in found()["webhooks"][1]


def test_the_sandbox_lists_the_address_that_it_was_started_with(stripe_sandbox: Sandbox) -> None:
    from apps.payments.gateways.current import gateway

    assert gateway().webhook_endpoints() == []

    stripe_sandbox.server._name_endpoint("http://127.0.0.1:9/hook")
    stripe_sandbox.server._name_endpoint("http://127.0.0.1:9/hook")

    assert gateway().webhook_endpoints() == [EndpointFacts("http://127.0.0.1:9/hook", enabled=True, api_version="")]
