"""The conductor: lets the storm blow by the gateway's count of writes, then waits until all is quiet."""

import os
import signal
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import psycopg

from petwash.chaos.company import Company
from petwash.chaos.our_books import OurDatabase
from petwash.chaos.pace import DAY_SECONDS, REDIS_DOWN_SECONDS, STOPPED_SECONDS
from petwash.chaos.strikes import CONDUCTED, Strike

_TICK_SECONDS = 0.004
_LOOK_SECONDS = 1.0
# Leases, waits and late webhooks are seconds here: what has not come nearer to its end for so long never will.
STILL_SECONDS = 90.0
_ENDS = {"released", "refunded", "void", "clawed_back"}
_CUT_AT_ONCE = 3


class Storm:
    """One run's weather."""

    database_kind: type[OurDatabase] = OurDatabase

    def __init__(self, company: Company, patience: float = STILL_SECONDS) -> None:
        self._company, self._patience = company, patience
        url = company.variables["DATABASE_OWNER_URL"]
        app = unquote(urlsplit(company.variables["DATABASE_URL"]).username or "")
        self.database = self.database_kind(url, app)
        self._strikes = [strike for strike in company.plan.strikes if strike.kind in CONDUCTED]
        self._stopped: list[tuple[float, int]] = []
        self._redis_back = 0.0
        self._least_left = (company.plan.ends + 1, 0)
        self._moved_at = time.monotonic()
        self._look_at = 0.0

    def blow(self) -> bool:
        """Let it blow until every story has its end; tell whether that came about."""
        while not self._is_quiet():
            if time.monotonic() - self._moved_at > self._patience:
                return self._calm()
            self._tick()
        return self._calm()

    def _calm(self) -> bool:
        """Let nothing strike any more, bring everything back, and wait until nothing is open."""
        self._company.make_peace()
        for _, pid in self._stopped:
            self._resume(pid)
        self._stopped.clear()
        self._redis_back = min(self._redis_back, time.monotonic())
        self._moved_at = time.monotonic()
        while not self._is_quiet(entirely=True):
            if time.monotonic() - self._moved_at > self._patience:
                return False
            self._tick(strikes=False)
        return True

    def _tick(self, *, strikes: bool = True) -> None:
        self._company.tend()
        now = time.monotonic()
        for line in self._company.diary.news():
            if line["what"] == "day_passes":
                self._let_a_day_pass()
            elif line["what"] == "sent" and line["signal"] == "SIGSTOP":
                self._stopped.append((now + STOPPED_SECONDS, line["pid"]))
        while self._stopped and self._stopped[0][0] <= now:
            self._resume(self._stopped.pop(0)[1])
        if self._redis_back and self._redis_back <= now:
            self._company.start_redis()
            self._redis_back = 0.0
        count = self._company.writes.read()
        while strikes and self._strikes and self._strikes[0].at <= count:
            self._strike(self._strikes.pop(0), count)
        time.sleep(_TICK_SECONDS)

    def _strike(self, strike: Strike, count: int) -> None:
        done: int | str = 1
        if strike.kind == "kill_anyone":
            self._company.tell(f"kill {strike.target}")
            done = strike.target
        elif strike.kind == "stop_anyone":
            self._company.tell(f"stop {strike.target}")
            done = strike.target
        elif strike.kind == "database_cut":
            done = self.database.cut(1 + int(strike.share * _CUT_AT_ONCE))
        elif strike.kind == "redis_down" and not self._redis_back:
            self._company.kill_redis()
            self._redis_back = time.monotonic() + REDIS_DOWN_SECONDS
        self._company.diary.note(strike.kind, strike=strike.number, at=count, done=done)

    def _let_a_day_pass(self) -> None:
        """Everything of ours is down for more than a day, with calls in doubt; the gateway forgets its keys."""
        self._company.halt()
        doubts = self.database.in_doubt()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self._company.gateway("/_sandbox/clock", seconds=str(DAY_SECONDS))
                break
            except httpx.HTTPError:
                self._company.tend()
        self._company.diary.note("keys_expired", in_doubt=doubts)
        self._company.tell("go")

    def _resume(self, pid: int) -> None:
        if self._company.is_worker(pid):
            os.kill(pid, signal.SIGCONT)
            self._company.diary.note("resumed", pid=pid)

    def _is_quiet(self, *, entirely: bool = False) -> bool:
        """Look once a second; tell whether every story has its end, and nothing is open if asked."""
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_SECONDS
        try:
            left = self._left(entirely=entirely)
        except (httpx.HTTPError, psycopg.OperationalError):
            return False
        if left < self._least_left:
            self._least_left, self._moved_at = left, now
        return left[0] == 0 and not (entirely and left[1])

    def _left(self, *, entirely: bool) -> tuple[int, int]:
        """Return how many stories have no end yet, and how many ends are open besides."""
        states, ends = self.database.states(), self.database.open_ends()
        ended = sum(count for state, count in states.items() if state in _ENDS)
        self._say(ended, ends.operations, states)
        return self._company.plan.ends - ended, ends.operations + ends.inbox + ends.outbox + self._deliveries(entirely)

    def _deliveries(self, asked: bool) -> int:
        """Return how many webhooks the gateway still has to deliver, if asked."""
        return int(self._company.gateway("/_sandbox/state").json()["deliveries_left"]) if asked else 0

    def _say(self, ended: int, operations: int, states: dict[str, int]) -> None:
        writes, stories = self._company.writes.read(), self._company.plan.ends
        line = f"{ended} of {stories} stories ended, {operations} calls open, {writes} writes at the gateway"
        with Path(self._company.folder / "progress").open("a") as progress:
            progress.write(f"{time.strftime('%H:%M:%S')} {line} {states}\n")
