"""Rows of a batch's events: one INSERT for all of them, which tells the new ones from the repeats.

Columns go as arrays (`unnest`) and not by COPY into a staging table: for the tens to few hundred rows that a
batch holds, COPY's extra round trips cost more than they save. Measured with the same rows in turn: 3 times
slower with 10 rows, a quarter slower with 100, and only at 1,000 rows as fast or a fifth faster; the states
of a batch, at most one row a bay, stay far below that.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.ids import parse_public_id
from apps.stations.models import Bay, Wash
from apps.stations.protocol import messages
from apps.stations.protocol.errors import ProtocolError
from apps.stations.services.telemetry import BayReport

Key = tuple[int, str]

INSERT_NEW = """
INSERT INTO stations_stationevent
       (station_id, event_id, bay_id, wash_id, type, payload, offline, occurred_at, received_at)
SELECT station_id, event_id, bay_id, wash_id, type, payload::jsonb, offline, occurred_at, %s
  FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bool[],
              %s::timestamptz[])
       AS new(station_id, event_id, bay_id, wash_id, type, payload, offline, occurred_at)
ON CONFLICT (station_id, event_id) DO NOTHING
RETURNING station_id, event_id
"""


@dataclass(frozen=True)
class EventReport:
    """An event and the bay that it speaks of."""

    bay: Bay
    event: messages.BayEvent

    @property
    def key(self) -> Key:
        """What makes the event one and the same, however often it comes."""
        return self.bay.station_id, self.event.event_id


@dataclass
class Written:
    """What came of a batch: events that are new until followed, events that cannot be, and bays that began to run."""

    new: set[Key] = field(default_factory=set)
    refused: dict[EventReport, ProtocolError] = field(default_factory=dict)
    begun: list[BayReport] = field(default_factory=list)

    def take(self, report: EventReport) -> bool:
        """Whether the event is new, which it is once.

        Raises: ProtocolError `unknown_wash` or `wrong_bay`.
        """
        if report in self.refused:
            raise self.refused[report]
        is_new = report.key in self.new
        self.new.discard(report.key)
        return is_new


def write_new(reports: Iterable[EventReport]) -> Written:
    """Write the events that are not known yet.

    The washes are locked first, by key: nobody waits for a wash while holding what an event points at.
    """
    require_transaction()
    every = list(reports)
    washes = _locked({report.event.wash for report in every if report.event.wash})
    written = Written()
    fitting: dict[Key, EventReport] = {}
    for report in every:
        trouble = _trouble(report, washes)
        if trouble is None:
            fitting.setdefault(report.key, report)
        else:
            written.refused[report] = trouble
    if fitting:
        rows = [_row(fitting[key], washes) for key in sorted(fitting)]
        with connection.cursor() as cursor:
            cursor.execute(INSERT_NEW, [real_now(), *(list(column) for column in zip(*rows, strict=True))])
            written.new = {(station, event) for station, event in cursor.fetchall()}
    return written


def _locked(names: set[str]) -> dict[UUID, Wash]:
    """Devices name washes in their own words: what is no id of ours is no wash."""
    ids = [found for found in map(parse_public_id, names) if found is not None]
    if not ids:
        return {}
    rows = Wash.objects.select_for_update().filter(public_id__in=ids).order_by("pk").prefetch_related("moves")
    return {wash.public_id: wash for wash in rows}


def _wash_of(report: EventReport, washes: dict[UUID, Wash]) -> Wash | None:
    known = parse_public_id(report.event.wash)
    return washes.get(known) if known else None


def _trouble(report: EventReport, washes: dict[UUID, Wash]) -> ProtocolError | None:
    if report.event.wash is None:
        return None
    wash = _wash_of(report, washes)
    if wash is None:
        return ProtocolError("unknown_wash", "The event names a wash that was never sold.", "wash")
    if report.bay.pk not in {wash.bay_id, *(move.from_bay_id for move in wash.moves.all())}:
        return ProtocolError("wrong_bay", "The event's wash belongs to another bay.", "wash")
    return None


def _row(report: EventReport, washes: dict[UUID, Wash]) -> tuple[object, ...]:
    event, wash = report.event, _wash_of(report, washes)
    payload = json.dumps({"seconds_used": event.seconds_used, "ml_used": event.ml_used})
    wash_id = wash.pk if wash else None
    return (*report.key, report.bay.pk, wash_id, event.type.value, payload, event.offline, event.ts)
