"""The history of levels: a sample a minute for every tank, a row a day for the forecast, and what is forgotten.

The bridge has no part in it: one statement of a background task samples all tanks, so a storm of messages costs the
bridge nothing more. Each step may come twice, late or in parallel.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef

from apps.common.clock import real_now
from apps.common.errors import InvalidInput
from apps.stations import availability
from apps.stations.chemistry import account
from apps.stations.models import StationEvent, Tank, TankDay, TankSample
from apps.stations.services.limits_of_chemicals import current_limits
from apps.stations.usage import TankWindow, read_windows

BATCH = 100
DAYS_STILL_OPEN = 3
"""How many whole days are looked at again: an offline station tells its events late."""
KEEP_DAYS = 30
LEAST_KEPT_DAYS = 14

SAMPLE = """
INSERT INTO stations_tanksample (tank_id, minute, level_ml)
SELECT tank.id, %s, tank.level_ml
  FROM stations_tank AS tank JOIN stations_station AS station ON station.id = tank.station_id
 WHERE station.online AND station.revoked_at IS NULL AND tank.status <> 'unknown'
ON CONFLICT DO NOTHING
"""
FORGET = "DELETE FROM stations_tanksample WHERE minute >= %s AND minute < %s"


def take_samples(now: datetime | None = None) -> int:
    """Sample the tanks of every online station for this minute, once; return how many samples are new.

    While the bridge does not beat nobody knows a level, and nothing is sampled.
    """
    if not availability.host_is_up():
        return 0
    minute = (now or real_now()).replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(SAMPLE, [minute])
        return int(cursor.rowcount)


def close_days(today: date | None = None) -> int:
    """Write the row of each tank for the last three whole days where it is missing or older than its events.

    Returns how many rows were written.
    """
    today = today or real_now().date()
    return sum(_close_day(today - timedelta(days=ago)) for ago in range(DAYS_STILL_OPEN, 0, -1))


def prune_samples(keep_days: int = KEEP_DAYS) -> int:
    """Forget samples older than so many days, an hour of them at a time; return how many went.

    Raises: InvalidInput for fewer than 14 days: the database keeps those.
    """
    if keep_days < LEAST_KEPT_DAYS:
        raise InvalidInput.field("days", f"Keep {LEAST_KEPT_DAYS} days or more: the database refuses to forget less.")
    oldest = TankSample.objects.order_by("pk").values_list("minute", flat=True).first()
    until = real_now() - timedelta(days=keep_days)
    gone = 0
    while oldest is not None and oldest < until:
        end = min(oldest + timedelta(hours=1), until)
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [oldest, end])
            gone += int(cursor.rowcount)
        oldest = end
    return gone


def day_window(day: date) -> tuple[datetime, datetime]:
    """Return the day's first instant and the next day's (UTC)."""
    start = datetime.combine(day, time.min, UTC)
    return start, start + timedelta(days=1)


def _close_day(day: date) -> int:
    since, until = day_window(day)
    limits = current_limits()
    keys = _stations_to_close(day, since, until)
    written = 0
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        windows, closed_at = read_windows(batch, since, until), real_now()
        samples = _samples_of(batch, since, until)
        rows = [_day_of(window, day, samples.get(window.tank.pk, 0)) for window in windows]
        for row, window in zip(rows, windows, strict=True):
            sums = account(window.steps, limits)
            row.fall_ml, row.rise_ml, row.closed_at = sums.fall_ml, sums.rise_ml, closed_at
        with transaction.atomic(durable=True):
            TankDay.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["tank", "day"],
                update_fields=["samples", "fall_ml", "rise_ml", "used_ml", "expected_ml", "washes", "closed_at"],
            )
        written += len(rows)
    return written


def _stations_to_close(day: date, since: datetime, until: datetime) -> list[int]:
    """Return the stations with a tank that has no row of the day, or with later news of it."""
    there = Tank.objects.filter(station__revoked_at=None, station__created_at__lt=until)
    missing = there.filter(~Exists(TankDay.objects.filter(tank=OuterRef("pk"), day=day)))
    closed = dict(TankDay.objects.filter(day=day).order_by().values_list("tank__station").annotate(at=Min("closed_at")))
    late = StationEvent.objects.filter(received_at__gte=until, occurred_at__gte=since, occurred_at__lt=until)
    news = late.order_by().values_list("station").annotate(at=Max("received_at"))
    again = {station for station, at in news if station in closed and at > closed[station]}
    return sorted(again | set(missing.values_list("station", flat=True)))


def _samples_of(stations: list[int], since: datetime, until: datetime) -> dict[int, int]:
    rows = TankSample.objects.filter(tank__station__in=stations, minute__gte=since, minute__lt=until).order_by()
    return dict(rows.values_list("tank_id").annotate(number=Count("id")))


def _day_of(window: TankWindow, day: date, samples: int) -> TankDay:
    since, until = day_window(day)
    ended = [use for use in window.uses if use.ended_at and since <= use.ended_at < until]
    return TankDay(
        tank=window.tank,
        day=day,
        samples=samples,
        used_ml=sum(use.used_ml for use in ended),
        expected_ml=sum(use.expected_ml for use in ended),
        washes=len(ended),
    )
