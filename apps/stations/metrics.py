"""Figures of the bridge for monitoring, as each shard's heartbeat tells them: one small query each."""

from collections.abc import Callable, Iterator
from typing import Any

from apps.common import heartbeats
from apps.common.metrics import Reading, register_gauge
from apps.stations.shards import LOOP


def _of_lanes(name: str) -> Callable[[], Iterator[Reading]]:
    def read() -> Iterator[Reading]:
        for shard, lane, facts in lanes():
            yield {"shard": shard, "lane": lane}, float(facts[name])

    return read


def _by_reason(name: str) -> Callable[[], Iterator[Reading]]:
    def read() -> Iterator[Reading]:
        for shard, lane, facts in lanes():
            for reason, count in sorted(facts.get(name, {}).items()):  # an earlier release told fewer
                yield {"shard": shard, "lane": lane, "reason": reason}, float(count)

    return read


def _age() -> Iterator[Reading]:
    for part in heartbeats.parts(LOOP):
        yield {"shard": f"{part.index}/{part.count}"}, part.age


def lanes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield shard, lane and figures of every lane that has told any."""
    for part in heartbeats.parts(LOOP):
        for lane, facts in sorted(part.facts.get("lanes", {}).items()):
            yield f"{part.index}/{part.count}", lane, facts


register_gauge("petwash_bridge_age_seconds", "Seconds since a shard of the bridge last beat.", _age)
register_gauge("petwash_bridge_rate", "Messages a second that a lane took over the last minute.", _of_lanes("rate"))
register_gauge(
    "petwash_bridge_lag_seconds",
    "From the arrival of the last batch's newest message to its commit.",
    _of_lanes("lag_seconds"),
)
register_gauge("petwash_bridge_queue", "Messages that wait in a lane.", _of_lanes("queue"))
register_gauge(
    "petwash_bridge_oldest_seconds", "How long the oldest message of a lane waits.", _of_lanes("oldest_seconds")
)
register_gauge(
    "petwash_bridge_dead_letters", "Messages put aside since the shard's start, by reason.", _by_reason("dead")
)
register_gauge(
    "petwash_bridge_ignored",
    "Messages since the shard's start that were no word of a station: empty, or from the broker's store.",
    _by_reason("ignored"),
)
