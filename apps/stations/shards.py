"""Shards of the bridge: which part of the stations a process carries, and under which names."""

import hashlib
from dataclasses import dataclass

from apps.common.heartbeats import part_name

LOOP = "bridge"
MOST = 64


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` of `count`; the station's id alone decides where it belongs."""

    index: int = 0
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `i/n`, as 0/2 and 1/2 for two processes. Raises: ValueError with the remedy."""
        index, slash, count = text.partition("/")
        if not (slash and index.isdecimal() and count.isdecimal() and int(index) < int(count) <= MOST):
            raise ValueError(f"A shard is i/n with i from 0 to n-1 and n up to {MOST}, as in 0/2; not {text!r}.")
        return cls(int(index), int(count))

    @property
    def is_whole(self) -> bool:
        """Whether there is no other shard."""
        return self.count == 1

    @property
    def heartbeat(self) -> str:
        """What it beats as."""
        return part_name(LOOP, self.index, self.count)

    def owns(self, slug: str) -> bool:
        """Tell whether the station is this shard's."""
        return place(slug) % self.count == self.index

    def client_id(self, lane: str) -> str:
        """Return the fixed id at the broker, which the number of shards does not change."""
        return client_id(self.index, lane)

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def place(slug: str) -> int:
    """Return the station's number for ever, from 0 to 2**28 - 1: the same as `PLACE_SQL` in the database."""
    return int(hashlib.md5(slug.encode(), usedforsecurity=False).hexdigest()[:7], 16)


PLACE_SQL = "('x' || left(md5(%(expressions)s), 7))::bit(28)::int"
"""`place` as PostgreSQL computes it, for a query expression."""


def client_id(index: int, lane: str) -> str:
    """Return the id of a shard's lane at the broker; the first one's names no number."""
    return f"petwash-bridge-{lane}" if index == 0 else f"petwash-bridge-{index}-{lane}"
