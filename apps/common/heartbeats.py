"""Heartbeats: a background loop says here that it still turns.

A loop may be divided among processes: part i of n beats as `name:i/n`, an undivided one as `name`. Whoever
asks for the whole gets the age of its slowest part; who knows where his thing falls asks for that part alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import Heartbeat

_DIVIDED = re.compile(r"(?P<name>.+):(?P<index>\d+)/(?P<count>[1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Part:
    """Part `index` of `count` of a loop, the seconds since it last beat, and what it said of itself."""

    row: str
    index: int
    count: int
    age: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def part_name(name: str, index: int, count: int) -> str:
    """Return what a part beats as."""
    return name if count == 1 else f"{name}:{index}/{count}"


def beat(name: str, facts: Mapping[str, Any] | None = None) -> None:
    """Note that the loop turned just now (real time), and what it says of itself."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beaten_at": real_now(), "facts": facts or {}})


def parts(name: str) -> list[Part]:
    """Return every part that ever beat and is not forgotten; one query."""
    now = real_now()
    rows = Heartbeat.objects.filter(Q(name=name) | Q(name__startswith=f"{name}:")).order_by("name")
    return [_part(row, now) for row in rows]


def age_seconds(name: str) -> float | None:
    """Return the seconds since the last beat, or None when there never was one.

    A divided loop is as old as its slowest part, and unknown while a part has never beaten.
    """
    return age_of_whole(parts(name))


def age_of_whole(known: Iterable[Part]) -> float | None:
    """Return the age of a loop by its parts; of several divisions, the one that beats best."""
    known, ages = list(known), []
    for count in {part.count for part in known}:
        found = {part.index: part.age for part in known if part.count == count}
        if len(found) == count:
            ages.append(max(found.values()))
    return min(ages, default=None)


def age_at(known: Iterable[Part], place: int) -> float | None:
    """Return the age of the part that a place (a whole number, modulo the count) falls to."""
    return min((part.age for part in known if place % part.count == part.index), default=None)


def forget(row: str) -> None:
    """Drop a part that will not beat again."""
    Heartbeat.objects.filter(name=row).delete()


def _part(row: Heartbeat, now: datetime) -> Part:
    age = (now - row.beaten_at).total_seconds()
    divided = _DIVIDED.fullmatch(row.name)
    index, count = (int(divided["index"]), int(divided["count"])) if divided else (0, 1)
    return Part(row.name, index, count, age, row.facts)
