"""All that a seed decides, in one value that every process of a run computes for itself. Pure."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Protocol

from petwash.chaos.stories import Story, population
from petwash.chaos.strikes import Strike, schedule

VARIABLE = "PETWASH_CHAOS_PLAN"
MOST_RELEASES, MOST_KILLS = 100_000, 10_000


class Schedule(Protocol):
    """What the processes of any run need to know of its plan."""

    @property
    def seed(self) -> int:
        """What was asked for."""

    @property
    def strikes(self) -> list[Strike]:
        """The schedule of faults."""

    @property
    def ends(self) -> int:
        """How many stories have to come to an end."""

    def export(self) -> dict[str, str]:
        """Return the variable from which another process reads the same plan."""


class PlanError(ValueError):
    """What was asked for cannot be run; the message names the number and its bounds."""


@dataclass(frozen=True)
class Plan:
    """The seed, and how large the run is."""

    seed: int
    releases: int
    kills: int

    def __post_init__(self) -> None:
        """Raises: PlanError."""
        if not 1 <= self.releases <= MOST_RELEASES:
            raise PlanError(f"RELEASES must be from 1 to {MOST_RELEASES}, not {self.releases}.")
        if not 0 <= self.kills <= MOST_KILLS:
            raise PlanError(f"KILLS must be from 0 to {MOST_KILLS}, not {self.kills}.")
        if self.kills > self.releases:
            raise PlanError(f"KILLS must not exceed RELEASES: {self.kills} do not fit into {self.releases}.")

    @cached_property
    def stories(self) -> list[Story]:
        """The population."""
        return population(self.seed, self.releases)

    @cached_property
    def strikes(self) -> list[Strike]:
        """The schedule of faults."""
        return schedule(self.seed, self.releases, self.kills, self.stories)

    @property
    def ends(self) -> int:
        """How many stories have to come to an end."""
        return len(self.stories)

    @property
    def fingerprint(self) -> str:
        """The same for the same decisions."""
        decided = repr(([astuple(story) for story in self.stories], [astuple(strike) for strike in self.strikes]))
        return hashlib.sha256(decided.encode()).hexdigest()[:12]

    def export(self) -> dict[str, str]:
        """Return the variable from which another process reads the same plan."""
        return {VARIABLE: f"{self.seed} {self.releases} {self.kills}"}

    @classmethod
    def load(cls, variables: Mapping[str, str] = os.environ) -> "Plan":
        """Read what `export` wrote."""
        seed, releases, kills = variables[VARIABLE].split()
        return cls(int(seed), int(releases), int(kills))
