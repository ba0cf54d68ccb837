"""The vetting provider's stand-in, in this process, driven by hand."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from apps.common import events
from apps.sitters import gateways
from apps.sitters import services as sitters
from apps.sitters.gateways.checkr import CheckrProvider
from apps.sitters.models import VettingCase
from apps.sitters.vetting_sandbox.server import SandboxServer
from apps.sitters.vetting_sandbox.store import Store

WEBHOOK = "/api/v1/webhooks/vetting/checkr"
SUBMIT = "/api/v1/sitter/vetting/submit"


def application(**changes: Any) -> dict[str, Any]:
    """Return a valid body of a submission."""
    return {
        "legal_first_name": "Quirinia",
        "legal_last_name": "Featherstonehaugh",
        "date_of_birth": "1987-06-05",
        "address": {
            "line1": "77 Zebra Crossing",
            "city": "Springfield",
            "region": "IL",
            "postal_code": "62701",
            "country": "US",
        },
        "document_type": "passport",
        "consent": True,
        **changes,
    }


@dataclass
class Sandbox:
    """The stand-in and what a test does with it."""

    server: SandboxServer
    store: Store
    secret: str

    def finish(self) -> None:
        """Let every ordered report be ready now."""
        self.store.complete_due(time.time() + 3600)

    def reports(self) -> int:
        """How many reports were ordered, and paid for."""
        return self.store.counts()["reports"]

    def sign(self, body: bytes) -> str:
        """Return the signature that the provider would send."""
        return hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()

    def post(self, client: Any, body: bytes, **headers: str) -> Any:
        """Send a webhook as the provider would."""
        headers.setdefault("X-Checkr-Signature", self.sign(body))
        return client.post(WEBHOOK, body, content_type="application/json", headers=headers)

    def notify(self, client: Any, report_id: str, kind: str = "report.completed", **changes: Any) -> Any:
        """Send a fresh, signed event about a report."""
        event_id = self.store.queue_webhook(kind, report_id, time.time())
        [row] = [row for row in self.store.due_webhooks(time.time() + 1) if row.id == event_id]
        return self.post(client, json.dumps(json.loads(row.body) | changes).encode())


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """A provider whose reports are ready when the test says so."""
    store = Store(":memory:")
    server = SandboxServer(store, port=0, api_key=settings.VETTING_API_KEY, delay_seconds=3000)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.VETTING_API_BASE = server.base_url
    yield Sandbox(server, store, settings.VETTING_WEBHOOK_SECRET)
    server.shutdown()
    thread.join()
    server.server_close()
    store.close()


@pytest.fixture
def use_transport(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Put a transport between the adapter and the provider: lost answers, broken connections."""

    def use(transport: Any) -> None:
        adapter = CheckrProvider(
            base_url=settings.VETTING_API_BASE,
            api_key=settings.VETTING_API_KEY,
            webhook_secret=settings.VETTING_WEBHOOK_SECRET,
            transport=transport,
        )
        monkeypatch.setattr(gateways, "vetting_provider", lambda: adapter)

    return use


@pytest.fixture
def apply_waiting(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Do what relay and worker do: deliver events, apply the notices that are due."""

    def run() -> None:
        events.deliver_all()
        for notice_id in sitters.due_notices():
            sitters.apply_notice(notice_id)
        events.deliver_all()

    monkeypatch.setattr("apps.sitters.handlers.apply_vetting_notice.delay", lambda notice_id: None)
    return run


@pytest.fixture
def vet(api: Any, sandbox: Sandbox, apply_waiting: Callable[[], None]) -> Callable[..., VettingCase]:
    """Take a sitter through submission and results; the last name decides the outcome."""

    def run(user: Any, last_name: str = "Clear") -> VettingCase:
        answer = api(user).post(SUBMIT, application(legal_last_name=last_name))
        assert answer.status_code == 202, answer.json()
        case = VettingCase.objects.get(public_id=answer.json()["id"])
        sandbox.finish()
        assert sandbox.notify(api(), case.report_id).status_code == 200
        apply_waiting()
        case.refresh_from_db()
        return case

    return run
