"""A server loads the gateway before its first request."""

import subprocess
import sys
from threading import Thread
from typing import Any

import pytest
from urllib3.connection import HTTPConnection

from apps.payments.gateways import current
from apps.payments.tests.fixtures import Sandbox

LOADED = """
import sys
from apps.payments.gateways.stripe_api import load_sdk
load_sdk()
before = len(sys.modules)
import stripe
stripe.PaymentIntent.construct_from(
    {"object": "payment_intent", "latest_charge": {"object": "charge", "refunds": {"object": "list"}}}, key=None
)
print(len(sys.modules) - before)
"""


def test_the_client_is_there_before_the_first_purchase(settings: Any) -> None:
    settings.STRIPE_API_KEY = "sk_test_made_ready"
    current._client.cache_clear()
    current.make_ready()
    assert current._client.cache_info().currsize == 1
    client = current.gateway()
    assert current._client.cache_info().hits == 1
    assert client is current.gateway()


def test_a_copy_without_a_key_starts_too(settings: Any) -> None:
    settings.STRIPE_API_KEY = ""
    current._client.cache_clear()
    current.make_ready()
    assert current._client.cache_info().currsize == 0


def test_the_first_answer_loads_nothing_more() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "0"


def test_purchases_share_their_connections(stripe_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[HTTPConnection] = set()
    connect = HTTPConnection.connect

    def counted(one: HTTPConnection) -> None:
        used.add(one)
        connect(one)

    monkeypatch.setattr(HTTPConnection, "connect", counted)
    for _ in range(3):  # each purchase has a thread of its own
        purchase = Thread(target=current.gateway().card_fingerprint, args=["pm_card_visa"])
        purchase.start()
        purchase.join()
    assert len(used) == 1
