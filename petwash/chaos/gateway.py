"""The sandbox as a process of the run, with the storm in its doorway.

It counts the writes that arrive and does what the plan has for each: to the request, to whoever asks,
or to itself. The conductor starts it again when it died; what has struck stands in the diary.
"""

import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.payments.stripe_sandbox import forms, webhooks
from apps.payments.stripe_sandbox.api import Answer
from apps.payments.stripe_sandbox.context import Rules
from apps.payments.stripe_sandbox.faults import Delivery, Fault, Faults
from apps.payments.stripe_sandbox.server import SandboxServer, _Handler
from petwash.chaos.diary import Count, Diary
from petwash.chaos.pace import LATE_SECONDS, SLOW_SECONDS, STALL_SECONDS, SUCCESSOR_SECONDS, WEBHOOK_RATE
from petwash.chaos.plan import Plan, Schedule
from petwash.chaos.strikes import ANSWERS, CONDUCTED, GATEWAY_DEATHS, WAITS, Strike, mishap
from petwash.devstack import environment
from petwash.devstack.home import Home

_ASKER = re.compile(r" ([a-z0-9-]+)/(\d+)$")
_CLOCK = "/_sandbox/clock"


class Watch:
    """Counts writes and says what befalls each; goes on where an earlier process of the run was."""

    def __init__(self, folder: Path, plan: Schedule, nursery: int) -> None:
        self.diary = Diary(folder / "diary")
        self.nursery = nursery
        self._count = Count(folder / "writes")
        self._peace = folder / "peace"
        self._lock = threading.Lock()
        self._ghosts = 0
        self._hands = threading.Condition()
        self._in_hand = 0
        self.is_evening = False
        struck = {line["strike"] for line in self.diary.all() if "strike" in line}
        self._waiting = [
            strike for strike in plan.strikes if strike.kind not in CONDUCTED and strike.number not in struck
        ]

    def next(self, path: str, encoded: str, asker: int) -> Strike | None:
        """Count a write and return its strike, if it has one."""
        with self._lock:
            count = self._count.read() + 1
            self._count.set(count)
            if self._peace.exists():
                return None
            for strike in self._waiting:
                if strike.befalls(count, path, encoded) and self._may_strike(strike, asker):
                    self._waiting.remove(strike)
                    self.diary.note(strike.kind, strike=strike.number, at=count, path=path, asker=asker)
                    return strike
                if strike.at > count:
                    break
        return None

    def _may_strike(self, strike: Strike, asker: int) -> bool:
        """Spare the gateway while it holds a dead worker's request: its death would take the request along."""
        if strike.kind in GATEWAY_DEATHS:
            return not self._ghosts
        return bool(asker) or not _needs_asker(strike)

    @contextmanager
    def ghost(self) -> Iterator[None]:
        """Say that a dead worker's request is held."""
        with self._lock:
            self._ghosts += 1
        try:
            yield
        finally:
            with self._lock:
                self._ghosts -= 1

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Say that a write is under way."""
        with self._hands:
            self._in_hand += 1
        try:
            yield
        finally:
            with self._hands:
                self._in_hand -= 1
                self._hands.notify_all()

    @contextmanager
    def evening(self) -> Iterator[None]:
        """Wait until no write is under way and let none begin: no gateway works on one for longer than a key lasts."""
        self.is_evening = True
        try:
            with self._hands:
                self._hands.wait_for(lambda: not self._in_hand)
                yield
        finally:
            self.is_evening = False

    def is_ours(self, pid: int) -> bool:
        """Tell whether this is a live worker of the run: the nursery's children are in its group."""
        try:
            return os.getpgid(pid) == self.nursery
        except ProcessLookupError:
            return False


def _needs_asker(strike: Strike) -> bool:
    return strike.kind.startswith(("kill", "stop", "day"))


class StormyFaults(Faults):
    """The sandbox's faults, chosen by the doorway; and the webhooks' mishaps, by the seed."""

    def __init__(self, watch: Watch, plan: Schedule, folder: Path) -> None:
        super().__init__()
        self._watch, self._seed = watch, plan.seed
        self._events = Count(folder / "events")
        self._peace = folder / "peace"
        self.now = threading.local()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that the doorway chose for the request in hand."""
        kind: Any = getattr(self.now, "kind", "")
        self.now.kind = ""
        seconds = SLOW_SECONDS if kind == "slow" else STALL_SECONDS
        return Fault(method, path, kind, seconds=seconds) if kind in {*ANSWERS, *WAITS} else None

    def _deliveries(self) -> Iterator[Delivery]:
        event = self._events.read() + 1
        self._events.set(event)
        what = "" if self._peace.exists() else mishap(self._seed, event, WEBHOOK_RATE)
        if what:
            self._watch.diary.note(f"webhook_{what}")
        if what == "lost":
            return
        yield Delivery({"late": LATE_SECONDS, "overtaken": 0.7}.get(what, 0.0))
        if what == "twice":
            yield Delivery(0.5)


class Doorway(_Handler):
    """Lets the storm in before, around and after the sandbox's own work."""

    server: "StormySandbox"
    _strike: Strike | None = None
    _asker = 0

    def _call(self, method: str, path: str, encoded: str) -> None:
        is_write = method == "POST" and path.startswith("/v1/")
        watch = self.server.watch
        with watch.in_hand() if is_write else watch.evening() if path == _CLOCK else nullcontext():
            self._let_in(method, path, encoded, is_write=is_write)

    def _let_in(self, method: str, path: str, encoded: str, *, is_write: bool) -> None:
        if is_write:
            self._asker = self._pid()
            self._strike = self.server.watch.next(path, encoded, self._asker)
        if self._strike and not self._before(self._strike, encoded):
            self.close_connection = True
            return
        try:
            super()._call(method, path, encoded)
        except BrokenPipeError:
            self.close_connection = True  # whoever asked is dead

    def _before(self, strike: Strike, encoded: str) -> bool:
        """Do what comes before the request is heard; tell whether it is heard at all."""
        self.server.stormy.now.kind = strike.kind
        if strike.kind == "gateway_dies_before":
            os.kill(os.getpid(), signal.SIGKILL)
        if strike.kind in {"kill_unheard", "kill_heard_late"}:
            self._send(signal.SIGKILL)
        if strike.kind == "kill_heard_late":
            with self.server.watch.ghost():
                self._wait_for_successor(encoded)
        if strike.kind == "stop_before":
            self._send(signal.SIGSTOP)
        return strike.kind != "kill_unheard"

    def _wait_for_successor(self, encoded: str) -> None:
        """Let a dead worker's request arrive after its successor's; of a transfer it can be seen.

        It does not outlast the day: when one is to pass, it arrives before.
        """
        group = forms.decode(encoded).get("transfer_group")
        deadline = time.monotonic() + (SUCCESSOR_SECONDS if group else SLOW_SECONDS)
        while time.monotonic() < deadline and not self.server.watch.is_evening:
            if group and self.server.store.find("transfer", {"transfer_group": group}):
                return
            time.sleep(0.05)

    def _reply(self, answer: Answer) -> None:
        strike = self._strike
        if strike is None:
            super()._reply(answer)
            return
        if strike.kind == "gateway_dies_after":
            os.kill(os.getpid(), signal.SIGKILL)
        if strike.kind == "kill_unanswered":
            self._send(signal.SIGKILL)
        if strike.kind == "stop_after":
            self._send(signal.SIGSTOP)
        if strike.kind == "day_passes":
            self._hold_until_dead()
        super()._reply(answer)
        if strike.kind == "kill_answered":
            self.wfile.flush()
            time.sleep(strike.share * 0.03)
            self._send(signal.SIGKILL)

    def _pid(self) -> int:
        found = _ASKER.search(self.headers.get("User-Agent", ""))
        pid = int(found[2]) if found else 0
        return pid if pid and self.server.watch.is_ours(pid) else 0

    def _send(self, number: signal.Signals) -> None:
        if self.server.watch.is_ours(self._asker):
            os.kill(self._asker, number)
            self.server.watch.diary.note("sent", signal=number.name, pid=self._asker)

    def _hold_until_dead(self) -> None:
        """Keep the answer back until the conductor has ended whoever waits for it."""
        deadline = time.monotonic() + 20
        while self.server.watch.is_ours(self._asker) and time.monotonic() < deadline:
            time.sleep(0.005)


class StormySandbox(SandboxServer):
    """The sandbox with another doorway and the storm's faults."""

    def __init__(self, folder: Path, plan: Schedule, nursery: int, variables: Mapping[str, str]) -> None:
        webhooks.FIRST_RETRY_SECONDS, webhooks.LONGEST_RETRY_SECONDS = 0.2, 1.0
        self.watch = Watch(folder, plan, nursery)
        self.stormy = StormyFaults(self.watch, plan, folder)
        super().__init__(
            path=folder / "stripe_sandbox.sqlite3",
            api_key=variables["STRIPE_API_KEY"],
            port=int(variables["STRIPE_SANDBOX_PORT"]),
            rules=Rules(fee_pct=Decimal("2.9"), fee_fixed=30, pending_seconds=0, webhooks=True),
            webhook_url=f"{variables['PUBLIC_BASE_URL']}/api/v1/webhooks/stripe",
            webhook_secret=variables["STRIPE_WEBHOOK_SECRET"],
        )
        self.faults = self.api.faults = self.stormy
        self.RequestHandlerClass = Doorway


def serve(load: Callable[[Mapping[str, str]], Schedule]) -> None:
    """Serve until SIGTERM; the arguments are the run's folder and the nursery's process group."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    folder = Path(sys.argv[1])
    variables = environment.read(Home(folder).env_file)
    server = StormySandbox(folder, load(variables), int(sys.argv[2]), variables)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.run()
    server.stop()


def main() -> None:
    """Serve the money run."""
    serve(Plan.load)


if __name__ == "__main__":
    main()
