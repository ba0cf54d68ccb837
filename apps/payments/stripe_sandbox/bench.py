"""How many requests the sandbox answers in a second: `python -m apps.payments.stripe_sandbox.bench`.

Four clients in this process, each in a connection of its own, make payments, pay them out, refund
and take back a part, and look things up, on a store in a file, as a simulation does.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

KEY = "sk_test_bench"
CLIENTS, SECONDS = 4, 10.0
SERVER = """
import sys
from pathlib import Path
from apps.payments.stripe_sandbox.server import SandboxServer
server = SandboxServer(path=Path(sys.argv[1]), api_key=sys.argv[2])
print(server.url, flush=True)
server.run()
"""


class Client:
    """One client; counts what was answered."""

    def __init__(self, host: str, name: str) -> None:
        self._http = http.client.HTTPConnection(host)
        self._name = name
        self.answered = 0

    def post(self, path: str, **form: Any) -> dict[str, Any]:
        """Write, with a key of its own."""
        return self._ask("POST", path, urlencode(form), {"Idempotency-Key": f"{self._name}-{self.answered}"})

    def get(self, path: str) -> dict[str, Any]:
        """Read."""
        return self._ask("GET", path, None, {})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> dict[str, Any]:
        self._http.request(method, path, body, {"Authorization": f"Bearer {KEY}", **headers})
        answer = self._http.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        self.answered += 1
        found: dict[str, Any] = json.loads(text)
        return found

    def live_until(self, end: float) -> None:
        """Make one stay after the other: ten requests each."""
        payee = self.post("/v1/accounts", **{"country": "US", "capabilities[transfers][requested]": "true"})["id"]
        while time.monotonic() < end:
            group = f"{self._name}-{self.answered}"
            card = {"payment_method": "pm_card_bypassPending", "amount": 10_000, "currency": "usd"}
            made = self.post("/v1/payment_intents", transfer_group=group, **card)
            paid = self.post(f"/v1/payment_intents/{made['id']}/confirm")
            self.get(f"/v1/payment_intents/{made['id']}")
            sent = self.post(
                "/v1/transfers",
                amount=8_000,
                currency="usd",
                destination=payee,
                source_transaction=paid["latest_charge"],
                transfer_group=group,
            )
            self.get(f"/v1/transfers?transfer_group={group}")
            self.post(f"/v1/transfers/{sent['id']}/reversals", amount=500)
            self.post("/v1/refunds", payment_intent=made["id"], amount=1_000)
            self.get(f"/v1/refunds?payment_intent={made['id']}")
            self.get("/v1/balance")
            self.get("/v1/events?limit=10")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", SERVER, str(Path(folder) / "store.sqlite3"), KEY]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ourselves
            assert server.stdout is not None
            host = server.stdout.readline().strip().removeprefix("http://")
            clients = [Client(host, f"c{number}") for number in range(CLIENTS)]
            began = time.monotonic()
            crowd = [threading.Thread(target=one.live_until, args=(began + SECONDS,)) for one in clients]
            for one in crowd:
                one.start()
            for one in crowd:
                one.join()
            answered, took = sum(one.answered for one in clients), time.monotonic() - began
            server.terminate()
    print(f"{answered} requests in {took:.1f} s: {answered / took:.0f} a second")  # noqa: T201 - its result


if __name__ == "__main__":
    main()
