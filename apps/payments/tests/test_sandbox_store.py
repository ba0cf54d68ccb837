"""The sandbox's store: it loses and doubles nothing when it is killed, and takes older stores over."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from apps.payments.stripe_sandbox.store import Store
from apps.payments.tests.fixtures import API_KEY

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from pathlib import Path
from apps.payments.stripe_sandbox.server import SandboxServer
server = SandboxServer(path=Path(sys.argv[1]), api_key=sys.argv[2])
print(server.url, flush=True)
server.run()
"""


@contextmanager
def process(path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the sandbox in a process of its own; yields its address and the process."""
    command = [sys.executable, "-c", PROGRAM, str(path), API_KEY]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield running.stdout.readline().strip(), running
        running.kill()


def pay(url: str, number: int) -> str | None:
    """Create and confirm a payment with keys of its own; None when the sandbox is gone."""
    client: Any = stripe.StripeClient(API_KEY, base_addresses={"api": url}, max_network_retries=0).v1
    fields = {"amount": 1_000, "currency": "usd", "payment_method": "pm_card_visa"}
    try:
        made = client.payment_intents.create(fields, {"idempotency_key": f"create-{number}"})
        return str(client.payment_intents.confirm(made.id, {}, {"idempotency_key": f"confirm-{number}"}).id)
    except stripe.APIConnectionError:
        return None


def test_killed_in_the_middle_it_has_done_everything_once(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    with process(path) as (url, running):
        killer = threading.Timer(0.4, lambda: running.send_signal(signal.SIGKILL))
        killer.start()
        with ThreadPoolExecutor(4) as crowd:
            before = list(crowd.map(lambda number: pay(url, number), range(400)))
        killer.join()
    assert None in before, "it was killed too late to tell anything"

    with process(path) as (url, _):
        with ThreadPoolExecutor(4) as crowd:
            after = list(crowd.map(lambda number: pay(url, number), range(400)))
        headers = {"Authorization": f"Bearer {API_KEY}"}
        charges = httpx.get(f"{url}/_sandbox/objects/charge", headers=headers).json()["data"]
        held = httpx.get(f"{url}/_sandbox/state", headers=headers).json()["balances"]

    assert [again for first, again in zip(before, after, strict=True) if first] == [first for first in before if first]
    assert len({row["payment_intent"] for row in charges}) == len(charges) == 400
    assert held == {"platform": {"usd": {"available": 0, "pending": 400_000}}}


def test_an_older_store_is_taken_over_with_its_money_and_its_webhooks(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    now = int(time.time())
    booked = {"id": "txn_1", "object": "balance_transaction", "type": "charge", "source": "ch_1", "amount": 900}
    booked |= {"currency": "usd", "fee": 0, "net": 900, "available_on": now + 60, "created": now}
    with sqlite3.connect(path) as old:
        old.executescript(
            """
            CREATE TABLE object (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL,
                kind TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL);
            CREATE TABLE delivery (event TEXT PRIMARY KEY, attempts INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL);
            INSERT INTO delivery VALUES ('evt_1', 2, 1.0);
            """
        )
        old.execute(
            "INSERT INTO object (id, kind, created, body) VALUES ('txn_1', 'balance_transaction', ?, ?)",
            [now, json.dumps(booked)],
        )
    old.close()

    for _ in range(2):  # the second time there is nothing left to do
        store = Store(path)
        assert store.funds("") == [("usd", False, 900)]
        assert [event for _, event, *_ in store.due_deliveries()] == ["evt_1"]
        assert store.get("balance_transaction", "txn_1", owner="") == booked
        store.close()


def test_keys_are_forgotten_as_the_clock_moves(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    with store.transaction():
        store.keep_answer("k1", "POST /", 200, "{}")
    store.advance_clock(24 * 3600 - 5)
    assert store.answer_of("k1") == ("POST /", 200, "{}")
    store.advance_clock(6)
    assert store.answer_of("k1") is None
    store.close()


@pytest.mark.parametrize("owner", ["", "acct_1"])
def test_funds_are_counted_by_owner_and_by_when_they_are_free(tmp_path: Path, owner: str) -> None:
    store = Store(tmp_path / "store.sqlite3")
    with store.transaction():
        store.add_funds(owner, "usd", store.now(), 500)
        store.add_funds(owner, "usd", store.now() + 60, 70)
        store.add_funds(owner, "usd", store.now() + 60, -20)
        store.add_funds("acct_2", "usd", store.now(), 9_999)
    assert store.funds(owner) == [("usd", False, 50), ("usd", True, 500)]
    store.advance_clock(61)
    assert store.funds(owner) == [("usd", True, 550)]
    store.close()
