"""The sandbox of a run: what it holds back does not outlast the keys that protect it."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from petwash.chaos import gateway
from petwash.chaos.gateway import StormySandbox
from petwash.chaos.pace import DAY_SECONDS
from petwash.chaos.strikes import Strike


@dataclass
class OneStrike:
    """A schedule that befalls the first write."""

    kind: str
    seed: int = 1
    ends: int = 1
    strikes: list[Strike] = field(init=False)

    def __post_init__(self) -> None:
        self.strikes = [Strike(0, 0, self.kind)]

    def export(self) -> dict[str, str]:
        return {}


@pytest.fixture
def worker() -> Iterator[int]:
    """A process that can be killed, and is a group of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        yield process.pid


@pytest.mark.parametrize("kind", ["slow", "kill_heard_late"])
def test_a_day_passes_only_when_no_write_is_in_hand(
    kind: str, worker: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "SLOW_SECONDS", 0.5)
    variables = {
        "STRIPE_API_KEY": "sk_test_chaos",
        "STRIPE_SANDBOX_PORT": "0",
        "PUBLIC_BASE_URL": "http://127.0.0.1:1",
        "STRIPE_WEBHOOK_SECRET": "whsec_chaos",
    }
    sandbox = StormySandbox(tmp_path, OneStrike(kind), worker, variables)
    sandbox.start()
    client = httpx.Client(
        base_url=sandbox.url,
        headers={"Authorization": "Bearer sk_test_chaos", "User-Agent": f"petwash client/{worker}"},
    )
    created: list[int] = []

    def pay() -> None:
        form = {"amount": "500", "currency": "usd", "transfer_group": "a-booking"}
        answer = client.post("/v1/payment_intents", data=form, headers={"Idempotency-Key": "k"}, timeout=30)
        created.append(answer.raise_for_status().json()["created"])

    payer = threading.Thread(target=pay, daemon=True)
    payer.start()
    deadline = time.monotonic() + 30
    while not sandbox.watch.diary.all() and time.monotonic() < deadline:
        time.sleep(0.01)
    now = (
        client.post("/_sandbox/clock", data={"seconds": str(DAY_SECONDS)}, timeout=30).raise_for_status().json()["now"]
    )
    payer.join(timeout=30)
    sandbox.stop()
    client.close()

    assert [now - moment >= DAY_SECONDS for moment in created] == [True]
