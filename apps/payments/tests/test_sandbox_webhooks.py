"""The sandbox's webhooks on a bad day: lost, doubled, delayed, overtaken; retried by its own clock."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from apps.payments.stripe_sandbox import webhooks
from apps.payments.stripe_sandbox.server import SandboxServer
from apps.payments.tests.fixtures import WEBHOOK_SECRET, Sandbox
from apps.payments.tests.test_sandbox_process import Endpoint, client_of, endpoint, serve

__all__ = ["endpoint"]
FIELDS = {"amount": 10_000, "currency": "usd"}


def telling(endpoint: Endpoint, path: Path, **rates: str) -> SandboxServer:
    """Start a sandbox that tells the endpoint, under a regime."""
    server = serve(path / "store.sqlite3", webhook_url=endpoint.url, webhook_secret=WEBHOOK_SECRET)
    if rates:
        form = {f"rates[{name}]": rate for name, rate in rates.items()}
        assert Sandbox(server).post("/_sandbox/faults/regime", seed="1", **form).status_code == 200
    return server


def told(endpoint: Endpoint) -> list[str]:
    """Return the ids of the objects, in the order in which their events arrived."""
    return [json.loads(body)["data"]["object"]["id"] for body, _ in endpoint.received]


def test_a_doubled_event_comes_twice_with_one_id(endpoint: Endpoint, tmp_path: Path) -> None:
    server = telling(endpoint, tmp_path, webhook_duplicate="1")
    client_of(server).payment_intents.create(FIELDS)
    Sandbox(server).advance_clock(10)
    endpoint.wait_for(2)
    server.stop()
    assert Counter(json.loads(body)["id"] for body, _ in endpoint.received).most_common() == [
        (json.loads(endpoint.received[0][0])["id"], 2)
    ]


def test_a_lost_event_comes_with_its_retry(endpoint: Endpoint, tmp_path: Path) -> None:
    server = telling(endpoint, tmp_path, webhook_lose="1")
    made = client_of(server).payment_intents.create(FIELDS)
    endpoint.wait_for(1)
    server.stop()
    assert told(endpoint) == [made.id]


def test_a_delayed_event_waits_for_the_sandboxs_clock(endpoint: Endpoint, tmp_path: Path) -> None:
    server = serve(tmp_path / "store.sqlite3", webhook_url=endpoint.url, webhook_secret=WEBHOOK_SECRET)
    sandbox = Sandbox(server)
    sandbox.post("/_sandbox/faults/regime", seed="1", delay_seconds="1000000", **{"rates[webhook_delay]": "1"})
    late = client_of(server).payment_intents.create(FIELDS)
    sandbox.post("/_sandbox/faults/clear")
    prompt = client_of(server).payment_intents.create(FIELDS)
    endpoint.wait_for(1)
    assert (told(endpoint), sandbox.get("/_sandbox/state")["deliveries_left"]) == ([prompt.id], 1)
    sandbox.advance_clock(1_000_000)
    endpoint.wait_for(2)
    server.stop()
    assert told(endpoint) == [prompt.id, late.id]


def test_some_events_overtake_others_under_a_regime(endpoint: Endpoint, tmp_path: Path) -> None:
    server = telling(endpoint, tmp_path, webhook_reorder="0.5")
    made = [client_of(server).payment_intents.create(FIELDS).id for _ in range(20)]
    Sandbox(server).advance_clock(10)
    endpoint.wait_for(20)
    server.stop()
    assert sorted(told(endpoint)) == sorted(made)
    assert told(endpoint) != made


def test_retries_are_due_by_the_sandboxs_clock(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "FIRST_RETRY_SECONDS", 50_000.0)
    monkeypatch.setattr(webhooks, "LONGEST_RETRY_SECONDS", 50_000.0)
    endpoint.answers = [500]
    server = telling(endpoint, tmp_path)
    client_of(server).payment_intents.create(FIELDS)
    endpoint.wait_for(1)
    while Sandbox(server).get("/_sandbox/state")["deliveries_due"]:
        pass
    Sandbox(server).advance_clock(50_001)
    endpoint.wait_for(2)
    server.stop()
    assert len(set(told(endpoint))) == 1


def test_delivery_success_tells_what_was_taken(
    endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs.stripe.com/api/events/list#list_events-delivery_success"""
    monkeypatch.setattr(webhooks, "FIRST_RETRY_SECONDS", 50_000.0)
    monkeypatch.setattr(webhooks, "LONGEST_RETRY_SECONDS", 50_000.0)
    endpoint.answers = [500]
    server = telling(endpoint, tmp_path)
    client: Any = client_of(server)
    refused, taken = (client.payment_intents.create(FIELDS).id for _ in range(2))

    def listed(success: bool) -> list[str]:
        return [row.data.object["id"] for row in client.events.list({"delivery_success": success}).data]

    endpoint.wait_for(2)
    while listed(False) != [refused]:
        pass
    assert listed(True) == [taken]
    server.stop()


def test_an_event_is_given_up_after_three_days_and_stays_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs.stripe.com/webhooks#retries: what was never taken is found in the list alone."""
    monkeypatch.setattr(webhooks, "FIRST_RETRY_SECONDS", 0.001)
    monkeypatch.setattr(webhooks, "LONGEST_RETRY_SECONDS", 0.001)
    server = serve(tmp_path / "store.sqlite3", webhook_url="http://127.0.0.1:1/hook", webhook_secret=WEBHOOK_SECRET)
    client: Any = client_of(server)
    client.payment_intents.create(FIELDS)
    Sandbox(server).advance_clock(3 * 24 * 3600)
    while Sandbox(server).get("/_sandbox/state")["deliveries_left"]:
        pass
    assert [row.type for row in client.events.list({"delivery_success": False}).data] == ["payment_intent.created"]
    server.stop()
