"""The sandbox as a process of its own: its store survives, its webhooks arrive, its form decoding."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe
from django.core.management import CommandError, call_command

from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.stripe_sandbox import webhooks
from apps.payments.stripe_sandbox.forms import decode
from apps.payments.stripe_sandbox.server import SandboxServer
from apps.payments.tests.fixtures import API_KEY, WEBHOOK_SECRET


def client_of(server: SandboxServer) -> Any:
    """Return the SDK that speaks to this server."""
    return stripe.StripeClient(API_KEY, base_addresses={"api": server.url}).v1


def serve(path: Path | str, **options: Any) -> SandboxServer:
    """Start a server in a thread."""
    server = SandboxServer(path=path, api_key=API_KEY, **options)
    server.start()
    return server


def test_the_store_survives_a_restart_with_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    fields, options = {"amount": 10_000, "currency": "usd"}, {"idempotency_key": "k1"}
    first = serve(path)
    made = client_of(first).payment_intents.create(fields, options)
    first.stop()

    second = serve(path)
    again = client_of(second).payment_intents.create(fields, options)
    second.stop()

    assert again.id == made.id
    assert path.stat().st_mode & 0o077 == 0


def test_a_request_that_fails_inside_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.payments.stripe_sandbox.nouns import money

    server = serve(":memory:")
    client = client_of(server)
    created = client.payment_intents.create({"amount": 100, "currency": "usd", "payment_method": "pm_card_visa"})
    with monkeypatch.context() as patch:
        patch.setattr(money, "book", lambda *args, **kwargs: 1 / 0)
        patch.setattr(server, "handle_error", lambda *args: None)
        with pytest.raises(stripe.APIConnectionError):
            client.payment_intents.confirm(created.id)

    assert client.payment_intents.retrieve(created.id).status == "requires_confirmation"
    assert client.charges.list().data == []
    server.stop()


@pytest.mark.parametrize(
    ("encoded", "tree"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("metadata[booking]=b%201", {"metadata": {"booking": "b 1"}}),
        ("expand[]=x&expand[]=y", {"expand": ["x", "y"]}),
        ("expand[0]=x&expand[1]=y", {"expand": ["x", "y"]}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
    ],
)
def test_forms_are_decoded_into_trees(encoded: str, tree: dict[str, Any]) -> None:
    assert decode(encoded) == tree


def test_requests_without_a_key_are_refused() -> None:
    server = serve(":memory:")

    assert httpx.get(f"{server.url}/v1/balance").status_code == 401
    assert httpx.post(f"{server.url}/_sandbox/clock", data={"seconds": "1"}).status_code == 401
    assert httpx.get(f"{server.url}/_sandbox/health").status_code == 200
    server.stop()


class Endpoint:
    """A webhook endpoint that answers what it is told to, and remembers what came."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.received: list[tuple[bytes, str]] = []
        self.arrived = threading.Condition()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = endpoint.answers.pop(0) if endpoint.answers else 200
                self.send_response(status)
                self.end_headers()
                with endpoint.arrived:
                    endpoint.received.append((body, self.headers["Stripe-Signature"]))
                    endpoint.arrived.notify_all()

            def log_message(self, *_args: Any) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def wait_for(self, count: int) -> None:
        """Wait until so many deliveries have arrived."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, timeout=20)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Where webhooks go."""
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_webhooks_are_signed_and_retried_until_they_are_taken(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "FIRST_RETRY_SECONDS", 0.01)
    endpoint.answers = [500, 503, 200]
    server = serve(tmp_path / "store.sqlite3", webhook_url=endpoint.url, webhook_secret=WEBHOOK_SECRET)
    made = client_of(server).payment_intents.create({"amount": 10_000, "currency": "usd"})
    endpoint.wait_for(3)
    server.stop()

    gateway = StripeGateway(api_key=API_KEY, webhook_secret=WEBHOOK_SECRET, base=server.url, timeout_seconds=1)
    facts = [gateway.read_webhook(body, signature) for body, signature in endpoint.received]
    assert {fact.object_id for fact in facts} == {made.id}
    assert len({fact.id for fact in facts}) == 1


def test_undelivered_webhooks_survive_a_restart(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.sqlite3"
    monkeypatch.setattr(webhooks, "FIRST_RETRY_SECONDS", 0.01)
    nobody = "http://127.0.0.1:1/hook"
    first = serve(path, webhook_url=nobody, webhook_secret=WEBHOOK_SECRET)
    client_of(first).payment_intents.create({"amount": 10_000, "currency": "usd"})
    first.stop()

    second = serve(path, webhook_url=endpoint.url, webhook_secret=WEBHOOK_SECRET)
    endpoint.wait_for(1)
    second.stop()

    assert len(endpoint.received) == 1


def test_a_taken_port_is_named_with_its_remedy(settings: Any, tmp_path: Path) -> None:
    settings.PETWASH_HOME = tmp_path
    server = serve(":memory:")

    with pytest.raises(CommandError, match="STRIPE_SANDBOX_PORT"):
        call_command("stripe_sandbox", "--port", str(server.server_address[1]), "--no-webhooks")
    server.stop()


def test_nothing_of_a_request_is_logged_but_its_route(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    server = serve(":memory:")
    with caplog.at_level(logging.DEBUG, logger="apps.payments.stripe_sandbox"):
        client_of(server).payment_intents.create(
            {"amount": 10_000, "currency": "usd", "payment_method": "pm_card_visa"}
        )
    server.stop()

    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "POST /v1/payment_intents 200"
