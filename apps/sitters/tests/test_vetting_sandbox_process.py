"""manage.py vetting_sandbox: its own process and store; signed webhooks until they are taken."""

import hashlib
import hmac
import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import httpx
import pytest
from django.conf import settings as django_settings

SECRET, KEY = "s3cret-of-webhooks", "key-of-the-api"
CANDIDATE = {
    "custom_id": "case-1", "first_name": "Ada", "last_name": "Consider", "email": "a@example.com",
    "dob": "1990-04-01", "zipcode": "62701", "document_type": "passport",
}  # fmt: skip


@pytest.fixture
def receiver():
    """Refuse the first delivery, take the others."""
    seen: Queue = Queue()

    class Handler(BaseHTTPRequestHandler):
        refused = False

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 200 if Handler.refused else 500
            Handler.refused = True
            seen.put((self.path, body, self.headers["X-Checkr-Signature"], status))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def start(tmp_path, receiver):
    """Start the command on a free port; everything is ended after the test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "petwash.settings.dev",
        "VETTING_API_BASE": f"http://127.0.0.1:{port}",
        "SECRET_KEY": "of-this-test-alone-" * 4,
        "JWT_SIGNING_KEY": "of-this-test-alone-" * 4,
        "VETTING_API_KEY": KEY,
        "VETTING_WEBHOOK_SECRET": SECRET,
        "PUBLIC_BASE_URL": receiver[0],
        "PETWASH_HOME": str(tmp_path),
    }
    started = []

    def run():
        command = [sys.executable, "-u", "manage.py", "vetting_sandbox", "--delay", "0"]
        process = subprocess.Popen(command, env=env, cwd=django_settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"Vetting sandbox at http://127.0.0.1:{port}")
        return process, f"http://127.0.0.1:{port}"

    yield run
    for process in started:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def test_delivers_signed_webhooks_with_retries_keeps_its_store_and_stops(start, receiver):
    _, seen = receiver
    process, base = start()
    with httpx.Client(base_url=base, auth=(KEY, "")) as client:
        candidate = client.post("/v1/candidates", json=CANDIDATE).json()
        report = client.post("/v1/reports", json={"candidate_id": candidate["id"], "package": "p"}).json()
        deliveries = [seen.get(timeout=20) for _ in range(3)]
        assert client.get(f"/v1/reports/{report['id']}").json()["result"] == "consider"
    for path, body, signature, _ in deliveries:
        assert path == "/api/v1/webhooks/vetting/checkr"
        assert signature == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    bodies = [body for _, body, _, _ in deliveries]
    refused = deliveries[0]
    assert refused[3] == 500
    assert bodies.count(refused[1]) == 2
    assert len(set(bodies)) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    _, base = start()
    kept = httpx.get(f"{base}/v1/reports/{report['id']}", auth=(KEY, "")).json()
    assert kept["candidate_id"] == candidate["id"]


def test_refuses_a_stranger_and_incomplete_data(start):
    _, base = start()
    assert httpx.get(f"{base}/v1/candidates", auth=("wrong", "")).status_code == 401
    assert httpx.get(f"{base}/health").json()["status"] == "ok"
    answer = httpx.post(f"{base}/v1/candidates", json={**CANDIDATE, "dob": ""}, auth=(KEY, ""))
    assert (answer.status_code, answer.json()["error"]) == (400, "dob is missing or not valid")
    for body in (b"", b"[]", b"{"):
        assert httpx.post(f"{base}/v1/reports", content=body, auth=(KEY, "")).status_code == 400
    assert httpx.post(f"{base}/v1/reports", json={"candidate_id": "x"}, auth=(KEY, "")).status_code == 404
