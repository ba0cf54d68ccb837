"""How often a listener hears of one station: now, then at most once in each gap, the newest word last. Pure."""

from dataclasses import dataclass, field
from typing import Any

GAP_SECONDS = 0.25
"""Four a second: more is flicker to a person, and work for a phone."""


@dataclass
class Pace:
    """What is held back for one listener; instants are seconds of one monotonic clock."""

    _next: dict[str, float] = field(default_factory=dict)
    _held: dict[str, Any] = field(default_factory=dict)

    def offer(self, station: str, body: Any, now: float) -> bool:
        """Tell whether the body may be sent now; else it is held, in the place of an older one."""
        if station not in self._held and now >= self._next.get(station, now):
            self._next[station] = now + GAP_SECONDS
            return True
        self._held[station] = body
        return False

    def wait(self, now: float) -> float | None:
        """Return the seconds until something held is due; None when nothing is held."""
        return max(0.0, min(self._next[station] for station in self._held) - now) if self._held else None

    def due(self, now: float) -> list[Any]:
        """Return what was held long enough."""
        ready = [station for station in self._held if self._next[station] <= now]
        for station in ready:
            self._next[station] = now + GAP_SECONDS
        return [self._held.pop(station) for station in ready]
