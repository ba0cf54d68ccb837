"""All that a seed decides in a wash run: who buys what where, and what goes wrong when. Pure."""

import hashlib
import os
import random
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cached_property

from petwash.chaos.plan import PlanError
from petwash.chaos.stories import ASKS_HOLDER, DECLINED, VISA
from petwash.chaos.strikes import ANSWERS, GATEWAY_DEATHS, KILLS_OF_ASKERS, STOPS, WAITS, Strike
from petwash.chaos.wash.mishaps import Mishap, deal

VARIABLE = "PETWASH_CHAOS_WASH_PLAN"
MOST_WASHES = 100_000
BAYS_EACH = 2
STATIONS_A_PROCESS = 6
MOST_STATIONS = 48
CUSTOMERS = tuple(f"customers-{number}" for number in range(1, 7))
SWEEPS = ("sweep-1", "sweep-2")
PLAIN = "plain"
# kind: of a thousand stories so many.
KINDS = {
    "top_up": 90,
    "two_top_ups": 30,
    "stop": 80,
    "regret": 40,
    "double_click": 60,
    "asks_bank": 50,
}
UNPAID_KINDS = ("declined", "gives_up")
_UNPAID_SHARE = 0.015
_CARDS = {"asks_bank": ASKS_HOLDER, "gives_up": ASKS_HOLDER, "declined": DECLINED}
WRITES_OF_A_WASH = 2.4
MORE_SECONDS = 180


@dataclass(frozen=True)
class Story:
    """One person at a bay.

    kind: plain; top_up, and two_top_ups that name the same total at once; stop in mid-wash; regret,
    a stop before water runs; double_click, the same purchase sent twice at once; asks_bank (3-D
    Secure, and the holder answers); declined; gives_up, when the bank asks.
    """

    number: int
    station: int
    bay: int
    program: str
    kind: str

    @property
    def pays(self) -> bool:
        """Tell whether this person comes to pay."""
        return self.kind not in UNPAID_KINDS

    @property
    def key(self) -> str:
        """The idempotency key of the purchase."""
        return f"chaos-purchase-{self.number}"

    @property
    def card(self) -> str:
        """The payment method."""
        return _CARDS.get(self.kind, VISA)


@dataclass(frozen=True)
class WashPlan:
    """The seed, and how large the run is. `calm`: without what takes minutes, for a short run."""

    seed: int
    washes: int
    calm: bool = False

    def __post_init__(self) -> None:
        """Raises: PlanError."""
        if not 1 <= self.washes <= MOST_WASHES:
            raise PlanError(f"WASHES must be from 1 to {MOST_WASHES}, not {self.washes}.")

    @property
    def stations(self) -> int:
        """How many stations there are: few washes need few."""
        return min(MOST_STATIONS, max(2, self.washes // 2))

    @property
    def fleets(self) -> tuple[str, ...]:
        """The processes that the stations live in."""
        return tuple(f"stations-{number + 1}" for number in range(-(-self.stations // STATIONS_A_PROCESS)))

    @property
    def workers(self) -> tuple[str, ...]:
        """Everybody who can be killed."""
        return (*CUSTOMERS, *SWEEPS, "relay", "celery", "web", "bridge", "staff", *self.fleets)

    @cached_property
    def stories(self) -> list[Story]:
        """The population, bay by bay in the order in which people come."""
        return _population(self.seed, self.washes, self.stations)

    @property
    def ends(self) -> int:
        """How many stories have to come to an end."""
        return len(self.stories)

    @cached_property
    def mishaps(self) -> dict[tuple[int, int], list[Mishap | None]]:
        """What befalls the starts of each (station, bay)."""
        dealt = deal(self.seed, self.stations * BAYS_EACH, self.washes, slow=not self.calm)
        return {(index // BAYS_EACH, index % BAYS_EACH + 1): row for index, row in enumerate(dealt)}

    @cached_property
    def strikes(self) -> list[Strike]:
        """The schedule of faults, by the count of writes at the gateway."""
        return _schedule(self.seed, self.washes, self.fleets, self.workers, calm=self.calm)

    @property
    def fingerprint(self) -> str:
        """The same for the same decisions."""
        decided = repr(([astuple(story) for story in self.stories], self.mishaps, self.strikes))
        return hashlib.sha256(decided.encode()).hexdigest()[:12]

    def export(self) -> dict[str, str]:
        """Return the variable from which another process reads the same plan."""
        return {VARIABLE: f"{self.seed} {self.washes} {int(self.calm)}"}

    @classmethod
    def load(cls, variables: Mapping[str, str] = os.environ) -> "WashPlan":
        """Read what `export` wrote."""
        seed, washes, calm = variables[VARIABLE].split()
        return cls(int(seed), int(washes), calm == "1")


def slug(station: int) -> str:
    """Return the id of a station."""
    return f"chaos-{station:03}"


def _population(seed: int, washes: int, stations: int) -> list[Story]:
    chance = random.Random(f"{seed} washers")  # noqa: S311 - has to be repeatable, not secret
    kinds = [PLAIN] * washes
    named = [kind for kind, share in KINDS.items() for _ in range(max(1, washes * share // 1000))][:washes]
    kinds[: len(named)] = named
    unpaid = max(len(UNPAID_KINDS), round(washes * _UNPAID_SHARE))
    kinds += [UNPAID_KINDS[index % len(UNPAID_KINDS)] for index in range(unpaid)]
    chance.shuffle(kinds)
    bays = stations * BAYS_EACH
    return [
        Story(
            number,
            station=number % bays // BAYS_EACH,
            bay=number % bays % BAYS_EACH + 1,
            program=chance.choices(("quick", "classic"), (3, 1))[0],
            kind=kind,
        )
        for number, kind in enumerate(kinds)
    ]


def _schedule(seed: int, washes: int, fleets: tuple[str, ...], workers: tuple[str, ...], *, calm: bool) -> list[Strike]:
    chance = random.Random(f"{seed} wash strikes")  # noqa: S311 - has to be repeatable, not secret
    last = max(8, int(washes * WRITES_OF_A_WASH * 0.85))
    drawn: list[tuple[int, str, str]] = []

    def some(count: int, kinds: tuple[str, ...], targets: tuple[str, ...] = ("",)) -> None:
        drawn.extend(
            (chance.randint(4, last), kinds[index % len(kinds)], chance.choice(targets)) for index in range(count)
        )

    some(max(2, washes // 40), ("kill_anyone",), ("bridge",))
    some(max(1, washes // 40), ("kill_anyone",), fleets)
    some(max(2, washes // 40), ("kill_anyone",), workers)
    some(max(1, washes // 125), ("kill_broker",))
    some(max(4, washes // 50), KILLS_OF_ASKERS)
    some(max(1, washes // 125), ("stop_anyone",), ("bridge", "bridge", *fleets))
    if not calm:
        some(max(1, washes // 250), ("stop_broker",))
        some(max(1, washes // 100), STOPS)
        some(max(1, washes // 100), WAITS)
        some(max(1, washes // 500), ("redis_down",))
    some(max(2, washes // 200), GATEWAY_DEATHS)
    some(max(4, washes // 16), tuple(answer for answer in ANSWERS if not (calm and answer == "lock_timeout")))
    some(max(1, washes // 100), ("database_cut",))
    drawn.sort()
    return [
        Strike(number, at, kind, target=target, share=chance.random())
        for number, (at, kind, target) in enumerate(drawn)
    ]
