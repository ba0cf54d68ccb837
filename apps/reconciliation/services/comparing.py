"""The comparison itself: both mirrors added up by what moved, in SQL; only what differs comes back."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection

from apps.reconciliation.models import Run
from apps.reconciliation.states import BreakClass, Kind
from apps.reconciliation.types import Difference, Finding, Side

MARK_OVERLAP = 1_000  # rows whose transactions were open while a run took its mark

# Only what is new since the last run, or differed then, can differ now: both tables are append-only.
_TOUCHED = """
    SELECT kind, match_id FROM reconciliation_gateway_entry WHERE id > %(entry_mark)s
    UNION SELECT kind, match_id FROM reconciliation_booked_movement WHERE id > %(movement_mark)s
    UNION SELECT kind, match_id FROM reconciliation_run_item WHERE run_id = %(last_run)s
    UNION SELECT kind, match_id FROM reconciliation_break WHERE status <> 'resolved'
"""
_ALL = """
    SELECT kind, match_id FROM reconciliation_gateway_entry
    UNION SELECT kind, match_id FROM reconciliation_booked_movement
"""
_DIFFERENCES = """
WITH touched AS ({keys}),
theirs AS (
    SELECT kind, match_id, currency, count(*) AS n, sum(amount_minor) AS amount, sum(fee_minor) AS fee,
           max(least(created_at, mirrored_at)) AS since
    FROM reconciliation_gateway_entry JOIN touched USING (kind, match_id)
    WHERE %(until)s::timestamptz IS NULL OR created_at <= %(until)s
    GROUP BY kind, match_id, currency
),
ours AS (
    SELECT kind, match_id, currency, count(*) AS n, sum(amount_minor) AS amount, sum(fee_minor) AS fee,
           max(settled_at) AS since
    FROM reconciliation_booked_movement JOIN touched USING (kind, match_id)
    WHERE %(until)s::timestamptz IS NULL OR settled_at <= %(until)s
    GROUP BY kind, match_id, currency
)
SELECT kind, match_id, currency, ours.n, ours.amount, ours.fee, ours.since,
       theirs.n, theirs.amount, theirs.fee, theirs.since
FROM ours FULL JOIN theirs USING (kind, match_id, currency)
WHERE ours.amount IS DISTINCT FROM theirs.amount OR ours.fee IS DISTINCT FROM theirs.fee
ORDER BY kind, match_id, currency
"""


def differing(run: Run, last: Run | None) -> Iterator[list[Difference]]:
    """Yield the movements on which both sides differ now, all currencies of one together."""
    values = {
        "entry_mark": (last.entry_mark if last else 0) - MARK_OVERLAP,
        "movement_mark": (last.movement_mark if last else 0) - MARK_OVERLAP,
        "last_run": last.pk if last else None,
        "until": None,
    }
    return _grouped(_DIFFERENCES.format(keys=_TOUCHED), values)


def differing_at(until: datetime) -> Iterator[list[Difference]]:
    """Yield the movements on which both sides differed at an instant; reads everything."""
    return _grouped(_DIFFERENCES.format(keys=_ALL), {"until": until})


def difference_of(kind: str, match_id: str, currency: str) -> Difference | None:
    """Return the difference of one movement in one currency as it is now; None when the sides agree."""
    one = "SELECT %(kind)s::text AS kind, %(match_id)s::text AS match_id"
    groups = _grouped(_DIFFERENCES.format(keys=one), {"kind": kind, "match_id": match_id, "until": None})
    return next((found for group in groups for found in group if found.currency == currency), None)


def _grouped(sql: str, values: dict[str, Any]) -> Iterator[list[Difference]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()  # what differs, bounded by trouble and not by volume
    for _, group in groupby(map(_difference, rows), key=lambda one: (one.kind, one.match_id)):
        yield list(group)


def _difference(row: tuple[Any, ...]) -> Difference:
    kind, match_id, currency = row[:3]
    return Difference(kind, match_id, currency, ours=_side(row[3:7]), theirs=_side(row[7:11]))


def _side(values: tuple[Any, ...]) -> Side | None:
    count, amount, fee, since = values
    return None if count is None else Side(int(count), int(amount), int(fee), since)


_TWICE = """
SELECT min(currency), sum(amount_minor), (array_agg(match_id ORDER BY id DESC))[1],
       (array_agg(our_id ORDER BY id DESC))[1], (array_agg(amount_minor ORDER BY id DESC))[1]
FROM reconciliation_booked_movement AS sent
WHERE cause <> '' AND -amount_minor > (
    SELECT COALESCE(sum(back.amount_minor), 0) FROM reconciliation_booked_movement AS back
    WHERE back.kind = 'reversal' AND back.parent_id = sent.our_id
)
GROUP BY cause HAVING count(*) > 1
ORDER BY 3
"""


def twice_for_one_cause() -> list[Finding]:
    """Return transfers that we made twice for one release; one that was taken back whole does not count."""
    with connection.cursor() as cursor:
        cursor.execute(_TWICE)
        rows = cursor.fetchall()
    return [
        Finding(
            break_class=BreakClass.DUPLICATE_EFFECT,
            kind=Kind.TRANSFER,
            match_id=match_id,
            currency=currency,
            ours_minor=int(total),
            theirs_minor=int(total),
            difference_minor=int(second),
            our_id=our_id,
            scope="cause:",
        )
        for currency, total, match_id, our_id, second in rows
    ]
