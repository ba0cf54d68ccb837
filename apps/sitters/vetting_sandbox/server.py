"""The stand-in's HTTP side: candidates and reports, basic authentication, idempotency keys."""

import base64
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apps.sitters.vetting_sandbox.store import KeyReused, Store

Answer = tuple[int, dict[str, Any]]
REQUIRED = ("custom_id", "first_name", "last_name", "email", "dob", "zipcode", "document_type")
MAX_BODY_BYTES = 65_536


class SandboxServer(ThreadingHTTPServer):
    """Listens on the loopback interface. Port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, store: Store, *, port: int, api_key: str, delay_seconds: float) -> None:
        self.store = store
        self.ordering = threading.Lock()  # two orders under one key at once are still one order
        self.delay_seconds = delay_seconds
        self.authorization = "Basic " + base64.b64encode(f"{api_key}:".encode()).decode()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def base_url(self) -> str:
        """Where the adapter finds it."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def create_candidate(self, body: dict[str, Any]) -> Answer:
        """POST /v1/candidates."""
        for name in REQUIRED:
            if not isinstance(body.get(name), str) or not body[name].strip():
                return 400, {"error": f"{name} is missing or not valid"}
        candidate_id = self.store.add_candidate(body["custom_id"], body["last_name"])
        return 201, self.store.candidate(candidate_id) or {}

    def create_report(self, body: dict[str, Any]) -> Answer:
        """POST /v1/reports."""
        candidate_id = str(body.get("candidate_id", ""))
        if self.store.candidate(candidate_id) is None:
            return 404, {"error": "candidate not found"}
        report_id = self.store.add_report(candidate_id, time.time() + self.delay_seconds)
        return 201, self.store.report(report_id) or {}

    def read(self, path: str, query: dict[str, list[str]]) -> Answer:
        """GET: a list of candidates, or one report."""
        if path == "/v1/candidates":
            found = self.store.candidates_of(query.get("custom_id", [""])[0])
            return 200, {"object": "list", "count": len(found), "data": found}
        if path.startswith("/v1/reports/"):
            report = self.store.report(path.removeprefix("/v1/reports/"))
            return (200, report) if report else (404, {"error": "report not found"})
        return 404, {"error": "not found"}


class Handler(BaseHTTPRequestHandler):
    """Parses, authenticates, answers JSON. Logs nothing: bodies are personal data."""

    server: SandboxServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a read; /health needs no key."""
        parts = urlsplit(self.path)
        if parts.path == "/health":
            self._answer(200, {"status": "ok", **self.server.store.counts()})
        elif self._allowed():
            self._answer(*self.server.read(parts.path, parse_qs(parts.query)))

    def do_POST(self) -> None:
        """Answer an order; the same key and body get the same answer."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self._answer(413, {"error": "too large"})
            return
        raw = self.rfile.read(length)
        if self._allowed():
            self._answer(*self._order(urlsplit(self.path).path, raw))

    def log_message(self, format: str, *args: object) -> None:
        """Keep silent."""

    def _order(self, path: str, raw: bytes) -> Answer:
        if path not in {"/v1/candidates", "/v1/reports"}:
            return 404, {"error": "not found"}
        try:
            body = json.loads(raw)
        except ValueError:
            return 400, {"error": "not JSON"}
        if not isinstance(body, dict):
            return 400, {"error": "not an object"}
        with self.server.ordering:
            return self._order_once(path, raw, body)

    def _order_once(self, path: str, raw: bytes, body: dict[str, Any]) -> Answer:
        key = self.headers.get("Idempotency-Key", "")
        request = path + hmac.new(b"request", raw, "sha256").hexdigest()
        try:
            known = self.server.store.remembered(key, request) if key else None
        except KeyReused:
            return 409, {"error": "idempotency key reused with another request"}
        if known:
            return known
        create = path == "/v1/candidates"
        status, answer = (self.server.create_candidate if create else self.server.create_report)(body)
        if key and status < 400:
            self.server.store.remember(key, request, status, answer)
        return status, answer

    def _allowed(self) -> bool:
        given = self.headers.get("Authorization", "")
        if hmac.compare_digest(given.encode(), self.server.authorization.encode()):
            return True
        self._answer(401, {"error": "Bad authentication error"})
        return False

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
