"""Reads of runs and breaks."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from apps.common.errors import NotFound
from apps.common.ids import parse_public_id
from apps.common.money import Money
from apps.reconciliation.models import Break, Run, RunTotal
from apps.reconciliation.states import BreakStatus, RunStatus
from apps.reconciliation.types import RunReport, TotalView


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for people: open breaks, and since when the oldest does."""

    count: int
    oldest_at: datetime | None


def report(run_id: str) -> RunReport:
    """Return how a run ended, with its sums. Raises: NotFound."""
    public_id = parse_public_id(run_id)
    run = Run.objects.filter(public_id=public_id).first() if public_id else None
    if run is None:
        raise NotFound
    return RunReport(
        id=str(run.public_id),
        status=run.status,
        new_entries=run.new_entries,
        in_flight=run.in_flight,
        breaks_new=run.breaks_new,
        breaks_resolved=run.breaks_resolved,
        breaks_open=run.breaks_open,
        failure=run.failure,
        totals=tuple(_total(row) for row in RunTotal.objects.filter(run=run).order_by("currency")),
    )


def backlog() -> Backlog:
    """Return how many breaks are open, and since when the oldest one is."""
    found = Break.objects.filter(status=BreakStatus.OPEN).aggregate(count=Count("id"), oldest=Min("first_seen_at"))
    return Backlog(found["count"], found["oldest"])


def open_by_class() -> dict[str, int]:
    """Return how many breaks of each class are open."""
    found = Break.objects.filter(status=BreakStatus.OPEN).values_list("break_class").annotate(count=Count("id"))
    return dict(found.order_by())


def last_finished_at() -> datetime | None:
    """Return when the last complete comparison ended."""
    finished = Run.objects.filter(status=RunStatus.FINISHED).order_by("-id")
    return finished.values_list("finished_at", flat=True).first()


def _total(row: RunTotal) -> TotalView:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    return TotalView(
        currency=row.currency,
        ledger=money(row.ledger_minor),
        gateway=money(row.gateway_minor),
        in_flight=money(row.in_flight_minor),
        breaks=money(row.breaks_minor),
        unexplained=money(row.unexplained_minor),
    )
