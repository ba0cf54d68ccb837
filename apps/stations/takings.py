"""What the stations took today: payments of washes and top-ups, and what of them goes back. One query."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from apps.common.clock import real_now
from apps.common.money import Money

TAKEN = """
WITH moved AS (
    SELECT bay_id, currency, amount_minor AS gross, 0 AS back, 1 AS washes
      FROM stations_wash WHERE paid_at >= %(since)s
    UNION ALL
    SELECT wash.bay_id, more.currency, more.amount_minor, 0, 0
      FROM stations_topup AS more JOIN stations_wash AS wash ON wash.id = more.wash_id
     WHERE more.paid_at >= %(since)s
    UNION ALL
    SELECT wash.bay_id, part.currency, 0, part.amount_minor, 0
      FROM stations_washrefund AS part JOIN stations_wash AS wash ON wash.id = part.wash_id
     WHERE part.created_at >= %(since)s AND part.status <> 'failed'
    UNION ALL
    SELECT wash.bay_id, more.currency, 0, more.amount_minor, 0
      FROM stations_topup AS more JOIN stations_wash AS wash ON wash.id = more.wash_id
     WHERE more.ended_at >= %(since)s AND more.status IN ('refunding', 'refunded')
)
SELECT station.slug, moved.currency, sum(gross)::bigint, sum(back)::bigint, sum(washes)::int
  FROM moved
  JOIN stations_bay AS bay ON bay.id = moved.bay_id
  JOIN stations_station AS station ON station.id = bay.station_id
 GROUP BY station.slug, moved.currency
 ORDER BY station.slug, moved.currency
"""


@dataclass(frozen=True)
class Takings:
    """What one station took in one currency: `gross` came in, `back` goes back to cards, of today or before."""

    station: str
    gross: Money
    back: Money
    washes: int

    @property
    def net(self) -> Money:
        """What is left; below zero when more went back than came."""
        return self.gross - self.back


def takings_today(now: datetime | None = None) -> list[Takings]:
    """Return what came in and what was sent back since midnight UTC, by station and currency.

    A refund counts on the day of its decision, unless it failed; stations without any money have no row.
    """
    since = (now or real_now()).replace(hour=0, minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(TAKEN, {"since": since})
        return [
            Takings(slug, Money(gross, currency), Money(back, currency), washes)
            for slug, currency, gross, back, washes in cursor.fetchall()
        ]


def in_all(rows: list[Takings]) -> list[Takings]:
    """Return the sum of each currency, under no station's name."""
    sums: dict[str, Takings] = {}
    for row in rows:
        so_far = sums.get(row.gross.currency)
        if so_far is not None:
            row = Takings("", so_far.gross + row.gross, so_far.back + row.back, so_far.washes + row.washes)
        sums[row.gross.currency] = row
    return [Takings("", one.gross, one.back, one.washes) for _, one in sorted(sums.items())]
