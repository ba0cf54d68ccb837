"""Both mirrors: the gateway's entries by windows of time, our movements by their cursor.

The gateway is asked without a transaction and without a connection; each batch is kept in a transaction of its
own. Windows are a day long and go forward, so that what was fetched before a crash is not fetched again; each
reaches back over the one before, because an entry may appear late.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

from django.db import transaction
from django.db.models import Max, Q

from apps.common.clock import business_now, real_now
from apps.payments import settled
from apps.payments.gateways.port import BalanceEntry
from apps.payments.services import statement
from apps.reconciliation.models import BookedMovement, GatewayEntry, Run
from apps.reconciliation.services import leasing
from apps.reconciliation.states import Kind, kind_of, match_id_of

WINDOW = timedelta(days=1)
OVERLAP = timedelta(days=1)
# The gateway's clock is not ours: the last window has an open end, so that nothing hides in the difference.
OPEN_END = timedelta(days=366)
BEGINNING = datetime(2010, 1, 1, tzinfo=UTC)  # older than any account at the gateway
CURSOR_OVERLAP = 5_000  # transitions of transactions that were open while later ones committed


def mirror_gateway(run: Run) -> int:
    """Mirror the gateway's entries up to now; return how many were new. Raises: Unavailable, LeaseLost."""
    before = run.new_entries
    for since, until in windows(_high_water(), real_now()):
        _mirror_window(run, since, until)
        with transaction.atomic(durable=True):
            leasing.hold(run, mirrored_until=min(until, real_now()))
    return run.new_entries - before


def mirror_tail(run: Run) -> int:
    """Fetch the youngest window once more; return how many entries were new. Raises: Unavailable, LeaseLost."""
    before = run.new_entries
    _mirror_window(run, real_now() - OVERLAP, _end())
    return run.new_entries - before


def windows(high_water: datetime | None, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield windows that reach from the high-water mark, with the overlap, to the open end."""
    if high_water is None:
        first = settled.first_movement_at() or now
        yield BEGINNING, first - OVERLAP
        high_water = first
    start = high_water - OVERLAP
    while start + WINDOW < now - OVERLAP:
        yield start, start + WINDOW
        start += WINDOW
    yield start, _end()


def mirror_books(run: Run) -> int:
    """Copy what our rows have settled since the last time; return how many movements were new. Raises: LeaseLost."""
    disputes = Q(kind=Kind.DISPUTE)
    count = 0
    for batch in chain(settled.settled_after(_cursor(~disputes)), settled.disputed_after(_cursor(disputes))):
        with transaction.atomic():
            leasing.hold(run)
            count += _keep_movements([_movement(one) for one in batch])
    return count


def _cursor(kinds: Q) -> int:
    last = BookedMovement.objects.filter(kinds).aggregate(last=Max("source_cursor"))["last"] or 0
    return max(0, last - CURSOR_OVERLAP)


def _high_water() -> datetime | None:
    mark: datetime | None = Run.objects.aggregate(mark=Max("mirrored_until"))["mark"]
    return mark


def _end() -> datetime:
    return max(real_now(), business_now()) + OPEN_END


def _mirror_window(run: Run, since: datetime, until: datetime) -> None:
    for batch in statement.entries(since, until):
        with transaction.atomic(durable=True):
            again = GatewayEntry.objects.filter(gateway_id__in=[entry.id for entry in batch])
            known = set(again.values_list("gateway_id", flat=True))
            fresh = [_mirrored(entry) for entry in batch if entry.id not in known]
            GatewayEntry.objects.bulk_create(fresh, ignore_conflicts=True)
            leasing.hold(run, new_entries=run.new_entries + len(fresh))


def _mirrored(entry: BalanceEntry) -> GatewayEntry:
    kind = kind_of(entry.type, entry.source_id)
    return GatewayEntry(
        gateway_id=entry.id,
        type=entry.type,
        source_id=entry.source_id,
        kind=kind,
        match_id=match_id_of(kind, entry.id, entry.source_id),
        amount_minor=entry.amount.amount_minor,
        fee_minor=entry.fee.amount_minor,
        net_minor=entry.net.amount_minor,
        currency=entry.net.currency,
        created_at=entry.created_at,
        available_at=entry.available_at,
    )


def _movement(one: settled.Settled) -> BookedMovement:
    transfer = one.kind == Kind.TRANSFER
    return BookedMovement(
        key=f"dispute:{one.cursor}" if one.kind == Kind.DISPUTE else f"{one.kind}:{one.our_id}",
        kind=one.kind,
        match_id=one.provider_id or one.our_id,
        our_id=one.our_id,
        amount_minor=one.amount.amount_minor,
        fee_minor=one.fee.amount_minor,
        expense_minor=one.fee.amount_minor,
        currency=one.amount.currency,
        cause=f"{one.purpose}:{one.subject}:{one.parent_id}" if transfer else "",
        parent_id=one.parent_id,
        source_cursor=one.cursor,
        settled_at=one.settled_at,
    )


def _keep_movements(rows: list[BookedMovement]) -> int:
    again = BookedMovement.objects.filter(key__in=[row.key for row in rows])
    known = set(again.values_list("key", flat=True))
    fresh = [row for row in rows if row.key not in known]
    BookedMovement.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
