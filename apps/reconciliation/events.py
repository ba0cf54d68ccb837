"""Events of the reconciliation."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class RunWanted(events.Event):
    """Somebody of Finance wants a reconciliation now."""

    person_id: int


@dataclass(frozen=True)
class BreakFound(events.Event):
    """Gateway and books disagree, and nobody has looked at it yet."""

    break_id: str
    break_class: str
    currency: str
    difference_minor: int


@dataclass(frozen=True)
class BreakResolved(events.Event):
    """A break is over: healed, or settled by people."""

    break_id: str
    break_class: str
