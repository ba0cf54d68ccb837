"""Rounds: what is compared runs in turn, so that a noisy machine disturbs every side alike."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Side = Callable[[int], float]
"""Does the work of one round, given its number, and returns the seconds it took."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done: `full` for a figure, `smoke` to see that it runs at all."""

    smoke: bool

    def of(self, full: int, smoke: int) -> int:
        """Return the number that fits the size."""
        return smoke if self.smoke else full


@dataclass(frozen=True, slots=True)
class Times:
    """The seconds of each round, by side."""

    seconds: Mapping[str, list[float]]

    def rate(self, side: str, items: int) -> float:
        """Return the median items a second."""
        return items / statistics.median(self.seconds[side])

    def ratio(self, side: str, peer: str) -> float:
        """Return how many times faster the side is than its peer: the median of the rounds' own ratios."""
        pairs = zip(self.seconds[side], self.seconds[peer], strict=True)
        return statistics.median(theirs / ours for ours, theirs in pairs)


def interleaved(sides: Mapping[str, Side], rounds: int) -> Times:
    """Run a warm-up round that is thrown away, then the rounds; the side that begins changes each time."""
    names = list(sides)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            took = sides[name](number)
            if number:
                seconds[name].append(took)
    return Times(seconds)
