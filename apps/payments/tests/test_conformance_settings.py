"""What Stripe documents about an account's own set-up: when it is paid out, and where its events go."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from apps.payments.gateways.stripe_api import API_VERSION
from apps.payments.tests.conformance import Client, Target, payee, refused

EVENTS = ["payment_intent.succeeded", "charge.dispute.created"]


@pytest.fixture
def client(target: Target) -> Client:
    """The SDK as the adapter sets it up."""
    return target.client


@pytest.fixture
def endpoint(client: Client, target: Target) -> Iterator[Any]:
    """An address of one's own, named in our API version; it is taken away again."""
    url = f"https://{target.fresh('hook')}.example.com/webhooks"
    made = client.webhook_endpoints.create({"url": url, "enabled_events": EVENTS, "api_version": API_VERSION})
    yield made
    client.webhook_endpoints.delete(made.id)


class TestBalanceSettings:
    """docs.stripe.com/api/balance-settings, docs.stripe.com/connect/manage-payout-schedule"""

    def test_the_platforms_schedule_is_told(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/balance-settings/object"""
        found = client.balance_settings.retrieve()
        assert found.object == "balance_settings"
        assert found.payments.payouts.schedule.interval in {"manual", "daily", "weekly", "monthly"}
        assert target.port.payout_interval() == found.payments.payouts.schedule.interval

    def test_a_connected_accounts_payouts_are_switched_to_manual_and_back(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/balance-settings/update: the settings of the account that the request is made for."""
        theirs = {"stripe_account": payee(target)}
        ours = client.balance_settings.retrieve().payments.payouts.schedule.interval
        for interval in ("manual", "daily"):
            wish = {"payments": {"payouts": {"schedule": {"interval": interval}}}}
            changed = client.balance_settings.update(wish, theirs)
            assert changed.payments.payouts.schedule.interval == interval
            assert client.balance_settings.retrieve({}, theirs).payments.payouts.schedule.interval == interval
        assert client.balance_settings.retrieve().payments.payouts.schedule.interval == ours

    def test_an_interval_that_is_none_is_refused_and_changes_nothing(self, client: Client, target: Target) -> None:
        theirs = {"stripe_account": payee(target)}
        before = client.balance_settings.retrieve({}, theirs).payments.payouts.schedule.interval
        wish = {"payments": {"payouts": {"schedule": {"interval": "hourly"}}}}
        assert isinstance(refused(lambda: client.balance_settings.update(wish, theirs)), stripe.InvalidRequestError)
        assert client.balance_settings.retrieve({}, theirs).payments.payouts.schedule.interval == before

    @pytest.mark.needs_sandbox("the platform's own schedule is switched")
    def test_the_platforms_own_is_switched(self, client: Client, target: Target) -> None:
        """docs.stripe.com/connect/manage-payout-schedule: without an account named, the platform's."""
        for interval in ("daily", "manual"):
            client.balance_settings.update({"payments": {"payouts": {"schedule": {"interval": interval}}}})
            assert target.port.payout_interval() == interval


class TestWebhookEndpoints:
    """docs.stripe.com/api/webhook_endpoints"""

    def test_its_secret_is_told_once(self, client: Client, endpoint: Any) -> None:
        """docs.stripe.com/api/webhook_endpoints/object: `secret` is only returned at creation."""
        assert endpoint.secret.startswith("whsec_")
        assert "secret" not in client.webhook_endpoints.retrieve(endpoint.id)
        assert not any("secret" in row for row in client.webhook_endpoints.list().data)

    def test_its_api_version_is_kept(self, client: Client, target: Target, endpoint: Any) -> None:
        """docs.stripe.com/api/webhook_endpoints/create: events are written in this version."""
        assert (endpoint.api_version, endpoint.status) == (API_VERSION, "enabled")
        assert list(client.webhook_endpoints.retrieve(endpoint.id).enabled_events) == EVENTS
        (ours,) = [row for row in target.port.webhook_endpoints() if row.url == endpoint.url]
        assert (ours.enabled, ours.api_version) == (True, API_VERSION)

    def test_without_a_version_it_has_none_of_its_own(self, client: Client, target: Target) -> None:
        """docs.stripe.com/api/webhook_endpoints/object: `api_version` is nullable (the account's default)."""
        url = f"https://{target.fresh('hook')}.example.com/webhooks"
        made = client.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})
        assert made.api_version is None
        client.webhook_endpoints.delete(made.id)

    def test_it_is_switched_off_and_on(self, client: Client, target: Target, endpoint: Any) -> None:
        """docs.stripe.com/api/webhook_endpoints/update: `disabled`; our check tells it."""
        for off, status in ((True, "disabled"), (False, "enabled")):
            assert client.webhook_endpoints.update(endpoint.id, {"disabled": off}).status == status
            (ours,) = [row for row in target.port.webhook_endpoints() if row.url == endpoint.url]
            assert ours.enabled is not off

    @pytest.mark.parametrize("missing", ["url", "enabled_events"])
    def test_address_and_events_are_required(self, client: Client, missing: str) -> None:
        """docs.stripe.com/api/webhook_endpoints/create"""
        fields = {"url": "https://example.com/webhooks", "enabled_events": EVENTS}
        del fields[missing]
        error: Any = refused(lambda: client.webhook_endpoints.create(fields))
        assert (type(error), error.param) == (stripe.InvalidRequestError, missing)

    def test_one_that_is_gone_is_missing(self, client: Client) -> None:
        """docs.stripe.com/api/webhook_endpoints/delete"""
        made = client.webhook_endpoints.create({"url": "https://example.com/webhooks", "enabled_events": ["*"]})
        assert client.webhook_endpoints.delete(made.id).deleted is True
        assert refused(lambda: client.webhook_endpoints.retrieve(made.id)).code == "resource_missing"
