"""Faults on order: what goes wrong between a client and a gateway, a set number of times."""

import re
import threading
from dataclasses import dataclass
from typing import Literal

Effect = Literal["drop_request", "drop_answer", "stall_answer", "fail_500"]


@dataclass(slots=True)
class Fault:
    """Goes off for requests of this method whose path matches, `times` times.

    drop_request: the connection ends before anything happened; drop_answer: after it happened;
    stall_answer: it happened and the answer does not come while the client waits;
    fail_500: a server error, which an idempotency key keeps.
    """

    method: str
    path: str
    effect: Effect
    times: int = 1


class Faults:
    """The faults still to come; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.released = threading.Event()

    def add(self, method: str, path: str, effect: Effect, times: int = 1) -> None:
        """Order a fault."""
        with self._lock:
            self._waiting.append(Fault(method, path, effect, times))

    def clear(self) -> None:
        """Take back what has not gone off, and let stalled answers go."""
        with self._lock:
            self._waiting.clear()
        self.released.set()

    def take(self, method: str, path: str) -> Effect | None:
        """Return the effect that this request is to suffer, and count it."""
        with self._lock:
            for fault in self._waiting:
                if fault.times and fault.method == method and re.fullmatch(fault.path, path):
                    fault.times -= 1
                    return fault.effect
        return None
