"""What a lane did lately, for monitoring: rate, lag, queue, and what was put aside."""

import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

WINDOW_SECONDS = 60.0


class Meter:
    """Figures of one lane; the lane's worker writes, the heartbeat reads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: deque[tuple[float, int]] = deque()
        self._lag = 0.0
        self._dead: Counter[str] = Counter()
        self._ignored: Counter[str] = Counter()

    def note(self, handled: int, lag: float, dead: Mapping[str, int]) -> None:
        """Note a committed batch: how many messages, how long the newest one waited here, what was put aside."""
        with self._lock:
            self._batches.append((time.monotonic(), handled))
            self._lag = lag
            self._dead.update(dead)
            self._forget()

    def ignore(self, reasons: Mapping[str, int]) -> None:
        """Note what was no word of a station, by reason."""
        with self._lock:
            self._ignored.update(reasons)

    def figures(self) -> dict[str, Any]:
        """Return messages a second over the last minute, the last batch's lag, and counts since the start."""
        with self._lock:
            self._forget()
            rate = sum(handled for _, handled in self._batches) / WINDOW_SECONDS
            counts = {"dead": dict(self._dead), "ignored": dict(self._ignored)}
            return {"rate": round(rate, 2), "lag_seconds": round(self._lag, 3), **counts}

    def _forget(self) -> None:
        since = time.monotonic() - WINDOW_SECONDS
        while self._batches and self._batches[0][0] < since:
            self._batches.popleft()
