"""Faults between a client and a gateway: on order, a set number of times, or by seeded chance."""

import json
import random
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

Effect = Literal[
    "drop_request",
    "drop_answer",
    "stall_answer",
    "slow",
    "fail_500",
    "fail_500_after",
    "fail_500_before",
    "rate_limit",
    "lock_timeout",
    "conflict",
]
Mishap = Literal["webhook_duplicate", "webhook_delay", "webhook_reorder", "webhook_lose"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)
MISHAPS: tuple[Mishap, ...] = get_args(Mishap)
STALL_SECONDS = 30.0
REORDER_SECONDS = 2.0


@dataclass(slots=True)
class Fault:
    """Goes off for requests of this method whose path matches, `times` times.

    drop_request: the connection ends before anything happened; drop_answer: after it happened;
    stall_answer: it happened and the answer does not come for `seconds`; slow: it takes `seconds`,
    its key in use, before it happens; fail_500: a server error in place of the effect, which an
    idempotency key keeps; fail_500_after: it happened, and the key keeps a server error;
    fail_500_before: a server error before anything happened, not kept; rate_limit (429),
    lock_timeout (429) and conflict (409): nothing happened, not kept.
    """

    method: str
    path: str
    effect: Effect
    times: int = 1
    seconds: float = STALL_SECONDS


@dataclass(frozen=True, slots=True)
class Regime:
    """Chances, each from 0 to 1, of what may go wrong with any request or webhook.

    The same seed and the same order of requests give the same faults. `stall_seconds` is how long
    stalled and slow requests take, `delay_seconds` the longest delay of a webhook. A reordered
    webhook is overtaken by those of the next two seconds; a lost one fails its first attempt.
    """

    seed: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    stall_seconds: float = 1.0
    delay_seconds: float = 60.0

    def __post_init__(self) -> None:
        """Raises: ValueError naming what cannot be."""
        for name, rate in self.rates.items():
            if name not in {*EFFECTS, *MISHAPS}:
                raise ValueError(f"{name} is no fault; choose from {', '.join([*EFFECTS, *MISHAPS])}")
            if not 0 <= rate <= 1:
                raise ValueError(f"the rate of {name} must be from 0 to 1, not {rate}")
        if sum(self.rates.get(name, 0) for name in EFFECTS) > 1:
            raise ValueError("the rates of all faults of requests together must not exceed 1")

    def dump(self) -> str:
        """Return the regime as text, for the store."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Regime":
        """Read what `dump` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of an event: after how long, and whether its first attempt is lost."""

    delay_seconds: float = 0.0
    lost: bool = False


class Faults:
    """The faults still to come; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self.released = threading.Event()
        self.rule_by(Regime())

    def add(self, method: str, path: str, effect: Effect, times: int = 1, seconds: float = STALL_SECONDS) -> None:
        """Order a fault."""
        with self._lock:
            self._waiting.append(Fault(method, path, effect, times, seconds))

    def rule_by(self, regime: Regime) -> None:
        """Let chance decide from now on, as the regime says; its seed begins anew."""
        with self._lock:
            self.regime = regime
            self._requests = random.Random(regime.seed)  # noqa: S311 - faults have to be repeatable, not secret
            self._webhooks = random.Random(regime.seed + 1)  # noqa: S311 - as above

    def waiting(self) -> list[Fault]:
        """Return the orders that have not all gone off."""
        with self._lock:
            return [fault for fault in self._waiting if fault.times]

    def clear(self) -> None:
        """Take back what has not gone off, end the regime, and let stalled answers go."""
        self.rule_by(Regime())
        with self._lock:
            self._waiting.clear()
            self.released.set()
            self.released = threading.Event()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that this request is to suffer, and count it."""
        with self._lock:
            for fault in self._waiting:
                if fault.times and fault.method == method and re.fullmatch(fault.path, path):
                    fault.times -= 1
                    return fault
            return self._by_chance(method, path) if path.startswith("/v1/") else None

    def _by_chance(self, method: str, path: str) -> Fault | None:
        if not self.regime.rates:
            return None
        drawn = self._requests.random()
        for effect in EFFECTS:
            drawn -= self.regime.rates.get(effect, 0)
            if drawn < 0:
                return Fault(method, path, effect, seconds=self.regime.stall_seconds)
        return None

    def deliveries(self) -> list[Delivery]:
        """Return how an event's webhook is to be delivered: once, at once, unless chance says otherwise."""
        with self._lock:
            return list(self._deliveries())

    def _deliveries(self) -> Iterator[Delivery]:
        chance, rates = self._webhooks, self.regime.rates
        struck = {name for name in MISHAPS if rates.get(name) and chance.random() < rates[name]}
        delay = chance.uniform(0, self.regime.delay_seconds) if "webhook_delay" in struck else 0.0
        if "webhook_reorder" in struck:
            delay += chance.uniform(0, REORDER_SECONDS)
        yield Delivery(delay, lost="webhook_lose" in struck)
        if "webhook_duplicate" in struck:
            yield Delivery(delay + chance.uniform(0, REORDER_SECONDS))
