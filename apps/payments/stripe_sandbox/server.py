"""The HTTP server: threads from the standard library, one request a connection."""

import logging
import os
import re
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from apps.payments.stripe_sandbox.api import Answer, Api, Request
from apps.payments.stripe_sandbox.context import Rules
from apps.payments.stripe_sandbox.faults import Faults, Regime
from apps.payments.stripe_sandbox.nouns import endpoints
from apps.payments.stripe_sandbox.nouns.control import REGIME
from apps.payments.stripe_sandbox.store import Store
from apps.payments.stripe_sandbox.webhooks import Deliveries

log = logging.getLogger(__name__)
# Whoever reads a payment method in a log could charge it.
_PAYMENT_METHOD = re.compile(r"(?<=/payment_methods/)[^/]+")
POLL_SECONDS = 0.02
LARGEST_BODY = 256 * 1024


class _Handler(BaseHTTPRequestHandler):
    """Reads one request and writes one answer; logs the route alone, never what was sent."""

    server: "SandboxServer"
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    timeout = 30

    def do_GET(self) -> None:
        """Answer a read."""
        url = urlsplit(self.path)
        place = self.server.api.visit(url.path)
        if place is not None:
            self.send_response(303)
            self.send_header("Location", place)
            self._end(b"")
        elif url.path == "/_sandbox/health":
            self._reply(Answer(200, '{"status": "ok"}'))
        else:
            self._call("GET", url.path, url.query)

    def do_POST(self) -> None:
        """Answer a write."""
        length = min(int(self.headers.get("Content-Length", "0")), LARGEST_BODY)
        self._call("POST", urlsplit(self.path).path, self.rfile.read(length).decode())

    def do_DELETE(self) -> None:
        """Answer a removal."""
        url = urlsplit(self.path)
        self._call("DELETE", url.path, url.query)

    def _call(self, method: str, path: str, encoded: str) -> None:
        released = self.server.faults.released
        fault = self.server.faults.take(method, path)
        if fault and fault.effect == "drop_request":
            self.close_connection = True
            return
        answer = self.server.answer(
            Request(
                method=method,
                path=path,
                encoded=encoded,
                authorization=self.headers.get("Authorization", ""),
                idempotency_key=self.headers.get("Idempotency-Key", ""),
                api_version=self.headers.get("Stripe-Version", ""),
                account=self.headers.get("Stripe-Account", ""),
                fault=fault,
            )
        )
        shown = _PAYMENT_METHOD.sub("pm_…", path)
        log.info("%s %s %d%s", method, shown, answer.status, " again" if answer.replayed else "")
        if fault and fault.effect == "stall_answer":
            released.wait(fault.seconds)
        if fault and fault.effect in {"drop_answer", "stall_answer"}:
            self.close_connection = True
            return
        self._reply(answer)

    def _reply(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Request-Id", f"req_{secrets.token_hex(7)}")
        if answer.replayed:
            self.send_header("Idempotent-Replayed", "true")
        self._end(answer.body.encode())

    def _end(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_args: object) -> None:
        """Keep the standard access log quiet; `_call` writes the line."""


class SandboxServer(ThreadingHTTPServer):
    """A running sandbox on a port of its own (0: a free one)."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256  # a crowd that arrives at once waits here, not for a second attempt to connect

    def __init__(
        self,
        *,
        path: Path | str,
        api_key: str,
        port: int = 0,
        rules: Rules | None = None,
        webhook_url: str = "",
        webhook_secret: str = "",
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.store = Store(path)
        self.faults = Faults()
        if kept := self.store.setting(REGIME, ""):
            self.faults.rule_by(Regime.load(kept))
        if isinstance(path, Path):
            os.chmod(path, 0o600)  # noqa: PTH101 - the store holds client secrets
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        chosen = rules or Rules(webhooks=bool(webhook_url))
        self.api = Api(self.store, chosen, api_key, self.url, self.faults)
        self._deliveries: Deliveries | None = None
        if webhook_url:
            self._name_endpoint(webhook_url)
            self._deliveries = Deliveries(self.store, webhook_url, webhook_secret, self.api.catch_up)
            self._deliveries.start()

    def _name_endpoint(self, url: str) -> None:
        """List the address that events are sent to, once for each; its events are written in the caller's version."""
        with self.store.transaction():
            if url not in {row["url"] for row in self.store.find("webhook_endpoint")}:
                endpoints.name(self.store, url, endpoints.ALL)

    def answer(self, request: Request) -> Answer:
        """Answer one request and have its events delivered."""
        answer = self.api.handle(request)
        if self._deliveries and request.method == "POST":
            self._deliveries.wake()
        return answer

    def run(self) -> None:
        """Serve until `stop` is called from another thread."""
        self.serve_forever(poll_interval=POLL_SECONDS)

    def start(self) -> threading.Thread:
        """Serve in a thread of its own."""
        thread = threading.Thread(target=self.run, name="stripe-sandbox", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop serving, finish the delivery in hand and close the store."""
        self.faults.clear()
        self.shutdown()
        self.server_close()
        if self._deliveries:
            self._deliveries.stop()
        self.store.close()
