"""Signed webhooks, retried until the endpoint answers 2xx.

Source: docs.stripe.com/webhooks (signature scheme `t=…,v1=…`, HMAC-SHA256 over `t.payload`).
"""

import hashlib
import hmac
import json
import logging
import threading
import time
import urllib.error
import urllib.request

from apps.payments.stripe_sandbox.store import Store

log = logging.getLogger(__name__)
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
TIMEOUT_SECONDS = 10.0


def sign(payload: bytes, secret: str, at: int | None = None) -> str:
    """Return the `Stripe-Signature` header for the raw body."""
    stamp = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


class Deliveries(threading.Thread):
    """Delivers queued events, oldest first; an event that fails waits without holding others up."""

    def __init__(self, store: Store, url: str, secret: str) -> None:
        super().__init__(name="stripe-sandbox-webhooks", daemon=True)
        self._store, self._url, self._secret = store, url, secret
        self._wake, self._ended = threading.Event(), threading.Event()

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the delivery in hand."""
        self._ended.set()
        self._wake.set()
        self.join(2.0)

    def run(self) -> None:
        """Deliver until stopped."""
        while not self._ended.is_set():
            due = self._store.due_deliveries()
            for event, attempts in due:
                if self._ended.is_set():
                    return
                self._deliver(event, attempts)
            if not due:
                self._wake.wait(0.25)
                self._wake.clear()

    def _deliver(self, event_id: str, attempts: int) -> None:
        event = self._store.get("event", event_id)
        payload = json.dumps(event).encode()
        request = urllib.request.Request(  # noqa: S310 - the operator's own endpoint
            self._url,
            data=payload,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": sign(payload, self._secret),
                "User-Agent": "StripeSandbox/1.0",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310 - as above
                self._store.delivered(event_id)
        except (urllib.error.URLError, OSError) as error:
            wait = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2**attempts)
            log.warning("webhook %s not delivered (%s); again in %.0f s", event_id, error, wait)
            self._store.postpone_delivery(event_id, wait)
