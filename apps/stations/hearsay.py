"""What comes from the broker and is no word of a station. Pure.

A broker marks what it hands to a new subscriber from its store as *retained*. Nobody can say when that was said, nor
with which credentials: whoever once had a station's password may have left it. A live word is never marked so.
Only the certificate is read from the store, for a last will may have come while nobody listened; states and levels are
repeated within half a minute, and the rest is never kept. An empty message is how a store is cleared.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from apps.stations.protocol import topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.topics import Kind

EMPTY = "empty"
RETAINED = "retained"


class Heard(Protocol):
    """A message as the broker delivered it."""

    @property
    def topic(self) -> str:
        """Where it was said."""

    @property
    def payload(self) -> bytes:
        """What was said."""

    @property
    def retained(self) -> bool:
        """Whether it comes from the broker's store."""


H = TypeVar("H", bound=Heard)


@dataclass
class Sorted(Generic[H]):
    """Words to be taken, the rest, the topics that the broker should keep nothing on, and why what is not taken."""

    words: list[H] = field(default_factory=list)
    rest: list[H] = field(default_factory=list)
    to_clear: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def sort(messages: Iterable[H]) -> Sorted[H]:
    """Tell words of stations from what nobody says now."""
    outcome: Sorted[H] = Sorted()
    for message in messages:
        kind = _kind(message.topic)
        if message.payload and not (message.retained and kind is not Kind.CONN):
            outcome.words.append(message)
            continue
        outcome.rest.append(message)
        outcome.reasons[RETAINED if message.payload else EMPTY] += 1
        if message.payload and kind not in topics.RETAINED:
            outcome.to_clear.append(message.topic)
    return outcome


def _kind(topic: str) -> Kind | None:
    try:
        return topics.parse(topic).kind
    except ProtocolError:
        return None
