"""The sandbox as a fixture, for every app whose tests move money."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from apps.payments.stripe_sandbox.context import Rules
from apps.payments.stripe_sandbox.faults import Effect
from apps.payments.stripe_sandbox.server import SandboxServer
from apps.payments.stripe_sandbox.store import Body
from apps.payments.stripe_sandbox.webhooks import sign

API_KEY = "sk_test_sandbox"
WEBHOOK_SECRET = "whsec_sandbox"
PATH = "/api/v1/webhooks/stripe"


class Sandbox:
    """A running sandbox and what a test may do to it."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.url = server.url
        self._delivered: set[str] = set()

    def objects(self, kind: str) -> list[Body]:
        """Return Stripe's objects of a kind (payment_intent, charge, refund, transfer…), oldest first."""
        self.server.api.catch_up()
        return self.server.store.find(kind)[::-1]

    def events(self, kind: str = "") -> list[Body]:
        """Return the events, oldest first, of one type if given."""
        return [event for event in self.objects("event") if not kind or event["type"] == kind]

    def authenticate(self, intent_id: str, outcome: str = "succeed") -> None:
        """Answer 3-D Secure in the payer's place: `succeed` or `fail`."""
        self._post(f"/_sandbox/payment_intents/{intent_id}/authenticate", {"outcome": outcome})

    def advance_clock(self, seconds: int) -> None:
        """Move the gateway's time on."""
        self._post("/_sandbox/clock", {"seconds": str(seconds)})

    def fault(self, method: str, path: str, effect: Effect, times: int = 1) -> None:
        """Order a fault; `path` is a regular expression."""
        self.server.faults.add(method, path, effect, times)

    def repair(self) -> None:
        """Take back all faults."""
        self.server.faults.clear()

    def post_webhook(self, event: Body, **signing: Any) -> Any:
        """Send one signed event to the inbox and return the response."""
        import json

        from django.test import Client

        payload = json.dumps(event).encode()
        header = sign(payload, signing.get("secret", WEBHOOK_SECRET), signing.get("at"))
        return Client().post(PATH, payload, content_type="application/json", headers={"Stripe-Signature": header})

    def deliver_webhooks(self) -> int:
        """Send every event that was not sent yet and process the inbox; returns how many were sent."""
        from apps.payments import services

        fresh = [event for event in self.events() if event["id"] not in self._delivered]
        for event in fresh:
            assert self.post_webhook(event).status_code == 200
            self._delivered.add(event["id"])
        services.process_due()
        return len(fresh)

    def dispute(self, charge_id: str, **form: Any) -> Body:
        """Let the payer's bank dispute a charge: `amount`, `reason`, `inquiry`; returns the dispute."""
        return self._post(f"/_sandbox/charges/{charge_id}/dispute", form)

    def resolve_dispute(self, dispute_id: str, outcome: str) -> Body:
        """Let the bank decide: `won`, `lost`, or `escalated` (an inquiry becomes a chargeback)."""
        return self._post(f"/_sandbox/disputes/{dispute_id}/resolve", {"outcome": outcome})

    def fail_refund(self, refund_id: str) -> Body:
        """Let the payer's bank return a refund."""
        return self._post(f"/_sandbox/refunds/{refund_id}/fail", {})

    def spend(self, account_id: str, **form: Any) -> Body:
        """Let a payee pay money out of the account: all that is available, or `amount`."""
        return self._post(f"/_sandbox/accounts/{account_id}/spend", form)

    def disable(self, account_id: str, **form: Any) -> Body:
        """Let Stripe stop a payee's payouts, with `transfers="inactive"` the transfers too."""
        return self._post(f"/_sandbox/accounts/{account_id}/disable", form)

    def enable(self, account_id: str) -> Body:
        """Let Stripe approve a payee's account."""
        return self._post(f"/_sandbox/accounts/{account_id}/enable", {})

    def pay_out_daily(self) -> None:
        """Let Stripe pay out all that the platform has available, each day."""
        self._post("/_sandbox/payouts/schedule", {"interval": "daily"})

    def get(self, path: str, /, **params: Any) -> Body:
        """Read one of the sandbox's own addresses."""
        answer = httpx.get(f"{self.url}{path}", params=params, headers={"Authorization": f"Bearer {API_KEY}"})
        return dict(answer.raise_for_status().json())

    def post(self, path: str, /, **form: Any) -> httpx.Response:
        """Write to one of the sandbox's own addresses; the answer may be a refusal."""
        return httpx.post(f"{self.url}{path}", data=form, headers={"Authorization": f"Bearer {API_KEY}"})

    def _post(self, path: str, form: dict[str, Any]) -> Body:
        return dict(self.post(path, **form).raise_for_status().json())


@pytest.fixture
def sandbox_rules() -> Rules:
    """How the sandbox is set up; a test module may override it."""
    return Rules()


@pytest.fixture
def stripe_sandbox(settings: Any, monkeypatch: pytest.MonkeyPatch, sandbox_rules: Rules) -> Iterator[Sandbox]:
    """A fresh sandbox over HTTP, to which the settings point; the SDK retries without waiting."""
    server = SandboxServer(path=":memory:", api_key=API_KEY, rules=sandbox_rules)
    thread = server.start()
    settings.STRIPE_API_BASE = server.url
    settings.STRIPE_API_KEY = API_KEY
    settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
    settings.STRIPE_TIMEOUT_SECONDS = 5
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.002)
    yield Sandbox(server)
    server.stop()
    thread.join()
