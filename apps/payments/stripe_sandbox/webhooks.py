"""Signed webhooks, retried with growing waits until the endpoint answers 2xx, for three days.

Source: docs.stripe.com/webhooks (signature scheme `t=…,v1=…`, HMAC-SHA256 over `t.payload`;
#retries). Waits are counted by the sandbox's clock, so that advancing it makes them due.
"""

import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from apps.payments.stripe_sandbox.store import Store

log = logging.getLogger(__name__)
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0
GIVE_UP_SECONDS, GIVE_UP_ATTEMPTS = 3 * 24 * 3600, 10
TIMEOUT_SECONDS = 10.0


def sign(payload: bytes, secret: str, at: int | None = None) -> str:
    """Return the `Stripe-Signature` header for the raw body."""
    stamp = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + payload, hashlib.sha256)
    return f"t={stamp},v1={mac.hexdigest()}"


class Deliveries(threading.Thread):
    """Delivers queued events, oldest first; an event that fails waits without holding others up."""

    def __init__(self, store: Store, url: str, secret: str, catch_up: Callable[[], None]) -> None:
        super().__init__(name="stripe-sandbox-webhooks", daemon=True)
        self._store, self._url, self._secret, self._catch_up = store, url, secret, catch_up
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
            self._catch_up()
            due = self._store.due_deliveries()
            for number, event, attempts, lost in due:
                if self._ended.is_set():
                    return
                if lost or not self._taken(event):
                    self._again(number, event, attempts)
                else:
                    self._store.delivered(number, event)
            if not due:
                self._wake.wait(0.25)
                self._wake.clear()

    def _taken(self, event_id: str) -> bool:
        """Send the event and tell whether the endpoint took it."""
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
                return True
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            log.warning("webhook %s not delivered (%s)", event_id, error)
            return False

    def _again(self, number: int, event: str, attempts: int) -> None:
        """Try again later, until the event is three days old and ten attempts have failed."""
        if attempts + 1 >= GIVE_UP_ATTEMPTS and self._age(event) >= GIVE_UP_SECONDS:
            log.warning("webhook %s is not delivered any more", event)
            self._store.give_up_delivery(number)
            return
        wait = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2**attempts)
        self._store.postpone_delivery(number, wait)

    def _age(self, event_id: str) -> int:
        event = self._store.get("event", event_id)
        return self._store.now() - int(event["created"]) if event else GIVE_UP_SECONDS
