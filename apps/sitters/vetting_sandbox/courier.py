"""Finishes reports after their delay and delivers webhooks, with retries."""

import hashlib
import hmac
import logging
import threading
import time

import httpx

from apps.sitters.vetting_sandbox.store import Delivery, Store

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
LONGEST_PAUSE_SECONDS = 60.0


class Courier(threading.Thread):
    """One loop: complete what is due, send what is due, wait for the next tick."""

    def __init__(self, store: Store, *, url: str, secret: str, tick_seconds: float = 0.2) -> None:
        super().__init__(name="vetting-courier", daemon=True)
        self._store = store
        self._url = url
        self._secret = secret.encode()
        self._tick = tick_seconds
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until stop() is called; one bad delivery never ends the loop."""
        with httpx.Client(timeout=5.0) as client:
            while not self._stopping.wait(self._tick):
                try:
                    self.turn(client, time.time())
                except Exception:
                    log.exception("vetting_sandbox.turn_failed")

    def turn(self, client: httpx.Client, now: float) -> None:
        """Do everything that is due at `now` (seconds since the epoch)."""
        self._store.complete_due(now)
        for delivery in self._store.due_webhooks(now):
            self._send(client, delivery, now)

    def stop(self) -> None:
        """End the loop and wait for it."""
        self._stopping.set()
        self.join(timeout=10)

    def _send(self, client: httpx.Client, delivery: Delivery, now: float) -> None:
        body = delivery.body.encode()
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Checkr-Webhook/sandbox",
            "X-Checkr-Signature": signature,
        }
        try:
            accepted = client.post(self._url, content=body, headers=headers).is_success
        except httpx.TransportError:
            accepted = False
        if accepted or delivery.attempts + 1 >= MAX_ATTEMPTS:
            self._store.settle_webhook(delivery.id)
        else:
            pause = min(0.5 * 2**delivery.attempts, LONGEST_PAUSE_SECONDS)
            self._store.retry_webhook(delivery.id, now + pause)
