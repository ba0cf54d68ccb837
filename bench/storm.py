"""The messages of a storm, and what of them the database holds."""

from collections import Counter
from datetime import UTC, datetime

import psycopg

from apps.stations.protocol import messages, topics
from apps.stations.protocol.ulid import make_ulid

BAYS = 2
ONE_EVENT_IN = 50
"""Of so many messages one is an event; the rest are states."""
STATES = (messages.BayStatus.IDLE, messages.BayStatus.SANITIZING)
Sent = tuple[str, bytes, bool]
Facts = psycopg.Connection[tuple[int, ...]]


class Storm:
    """So many stations, which say so many things a round; no round repeats another's."""

    def __init__(self, stations: int, many: int, facts: Facts) -> None:
        self._facts = facts
        self._bays = [(slug, bay) for slug in _stations(stations) for bay in range(1, BAYS + 1)]
        self._each = many // len(self._bays)
        self._events_each = max(self._each // ONE_EVENT_IN, 1)
        self._seq = 0
        self._event_ids: set[str] = set()
        self._before = 0
        self.sent = len(self._bays) * (self._each + 2 * self._events_each)

    @property
    def events_sent(self) -> int:
        """How many events the bridge was sent so far."""
        return len(self._event_ids)

    def parts(self, count: int, *, kept: bool) -> list[list[Sent]]:
        """Return the messages of a new round, the bays shared out among so many talkers.

        `kept`: whether somebody is to write them down.
        """
        first, self._seq = self._seq + 1, self._seq + self._each
        self._before = len(self._event_ids)
        parts: list[list[Sent]] = [[] for _ in range(count)]
        for seq in range(first, self._seq + 1):
            for number, (slug, bay) in enumerate(self._bays):
                parts[number % count].append(_state(slug, bay, seq))
                if seq - first < self._events_each:
                    event = make_ulid()
                    parts[number % count] += [_event(slug, bay, seq, event)] * 2
                    if kept:
                        self._event_ids.add(event)
        return parts

    def is_here(self) -> bool:
        """Whether the database holds every event and the newest state of every bay."""
        row = self._facts.execute(
            "SELECT (SELECT count(*) FROM stations_stationevent), (SELECT count(*) FROM stations_bay WHERE seq = %s)",
            [self._seq],
        ).fetchone()
        return row == (len(self._event_ids), len(self._bays))

    def lost(self) -> int:
        """How many events are not there."""
        return len(self._event_ids - set(self._found()))

    def twice(self) -> int:
        """How many rows are one too many."""
        found = self._found()
        strangers = sum(times for event, times in found.items() if event not in self._event_ids)
        return strangers + sum(times - 1 for event, times in found.items() if event in self._event_ids)

    def _found(self) -> Counter[str]:
        rows = self._facts.execute("SELECT event_id FROM stations_stationevent").fetchall()
        return Counter(str(row[0]) for row in rows)


def _stations(count: int) -> list[str]:
    from apps.stations.tests.factories import make_station

    return [make_station(f"storm-{number}", bays=BAYS).slug for number in range(count)]


def _state(slug: str, bay: int, seq: int) -> Sent:
    state = messages.BayState(STATES[seq % 2], None, 0, None, 1, seq, datetime.now(UTC))
    return topics.bay_state(slug, bay), state.to_json(), True


def _event(slug: str, bay: int, seq: int, event_id: str) -> Sent:
    event = messages.BayEvent(event_id, None, messages.EventType.FAULT, 0, {}, False, 1, seq, datetime.now(UTC))
    return topics.bay_event(slug, bay), event.to_json(), False
