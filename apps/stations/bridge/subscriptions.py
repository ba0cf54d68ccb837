"""What a shard listens to at the broker, and what its session must not keep from another division."""

from collections.abc import Iterable, Sequence

from apps.stations.protocol import topics
from apps.stations.shards import Shard

MONEY_TAILS = ("conn", "birth", "bay/+/event", "alert", "ack/+")
TELEMETRY_TAILS = ("bay/+/state", "tank/+/level")


def wanted(shard: Shard, slugs: Iterable[str], tails: Sequence[str]) -> list[str]:
    """Return the topics of the shard: those of each of its stations, or of all at once when it is the only one."""
    if shard.is_whole:
        return of_all(tails)
    return [topic for slug in slugs if shard.owns(slug) for topic in of_station(slug, tails)]


def foreign(shard: Shard, slugs: Iterable[str], tails: Sequence[str]) -> list[str]:
    """Return the topics that another division may have left in the broker's sessions of this shard."""
    others = [topic for slug in slugs if shard.is_whole or not shard.owns(slug) for topic in of_station(slug, tails)]
    return others if shard.is_whole else [*of_all(tails), *others]


def of_all(tails: Sequence[str]) -> list[str]:
    """Return the topics of every station, known or not."""
    return [f"{topics.PREFIX}/+/{tail}" for tail in tails]


def of_station(slug: str, tails: Sequence[str]) -> list[str]:
    """Return the topics of one station."""
    return [f"{topics.root(slug)}/{tail}" for tail in tails]
