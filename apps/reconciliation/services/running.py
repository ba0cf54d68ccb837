"""One reconciliation from end to end: mirror, post payouts, compare, keep the result."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Max

from apps.common.clock import real_now
from apps.common.errors import Conflict, DomainError, InvalidInput
from apps.payments.gateways.port import GatewayRefused
from apps.payments.services import statement
from apps.reconciliation import selectors
from apps.reconciliation.matching import judge
from apps.reconciliation.models import BookedMovement, Break, GatewayEntry, Run, RunItem, RunTotal
from apps.reconciliation.services import breaks, comparing, leasing, mirroring, origins, payouts, totals
from apps.reconciliation.states import BreakStatus, RunStatus
from apps.reconciliation.types import Difference, Finding, Origin, RunReport

log = structlog.get_logger(__name__)
LOOKS = 3  # at the gateway's balance, for one during which nothing moves
SNAPSHOTS = 3
SERIALIZATION_FAILURE = "40001"


def reconcile(*, started_by: Any = None, until: datetime | None = None) -> RunReport:
    """Compare gateway and books, now or as of `until`; safe to repeat, one at a time.

    A gateway that does not answer ends the run as failed: what was mirrored stays, and the next run goes on there.
    Call it outside of any transaction.

    Raises: Conflict `reconciliation_running`; InvalidInput for an `until` that is still to come.
    """
    if until is not None and until > real_now():
        raise InvalidInput.field("until", "must not lie in the future")
    run = leasing.begin(started_by=started_by, until=until)
    log.info("reconciliation.started", run=str(run.public_id))
    try:
        _work(run)
    except (DomainError, GatewayRefused, leasing.LeaseLost) as stop:
        leasing.fail(run, str(stop))
    except BaseException as error:
        leasing.fail(run, type(error).__name__)
        raise
    report = selectors.report(str(run.public_id))
    log.info("reconciliation.ended", run=report.id, status=report.status, breaks_open=report.breaks_open)
    return report


def _work(run: Run) -> None:
    last = Run.objects.filter(status=RunStatus.FINISHED).order_by("-id").first()
    settled_before = run.started_at - settings.RECONCILIATION_GRACE
    mirroring.mirror_gateway(run)
    balance = _balance(run)
    mirroring.mirror_books(run)
    payouts.post_payouts(run)
    origins.ask(run, last, settled_before)
    for _ in range(SNAPSHOTS):
        if _concluded(run, last, settled_before, balance):
            return
    raise Conflict("reconciliation_disturbed", "Staff changed breaks while they were compared; run again.")


def _balance(run: Run) -> dict[str, int] | None:
    """Return available + pending by currency, from a moment in which every entry was mirrored; None without one."""
    sums: dict[str, int] = {}
    still = False
    for _ in range(LOOKS):
        before = _held_now()
        mirroring.mirror_tail(run)
        sums = _held_now()
        still = sums == before
        if still:
            break
    with transaction.atomic(durable=True):
        leasing.hold(run, gateway_stood_still=still)
    return sums if still else None


def _held_now() -> dict[str, int]:
    facts = statement.balance()
    sums: dict[str, int] = {}
    for part in (facts.available, facts.pending):
        for currency, money in part.items():
            sums[currency] = sums.get(currency, 0) + money.amount_minor
    return sums


def _concluded(run: Run, last: Run | None, settled_before: datetime, balance: dict[str, int] | None) -> bool:
    """Keep the result; False when somebody changed a row of it after its snapshot was taken."""
    try:
        _conclude(run, last, settled_before, balance)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != SERIALIZATION_FAILURE:
            raise
        return False
    return True


def _conclude(run: Run, last: Run | None, settled_before: datetime, balance: dict[str, int] | None) -> None:
    """Compare, and keep the result, on one snapshot of ledger, rows and mirror."""
    with snapshot():
        leasing.hold(run)
        mirroring.mirror_books(run)
        findings, in_flight, broken = _judged(run, last, settled_before)
        if run.until:
            in_flight, broken = _as_of(run.until, {finding.reference for finding in findings})
        sums = totals.add_up(run, in_flight, broken, None if run.until else balance)
        RunTotal.objects.bulk_create(sums)
        RunItem.objects.bulk_create(_items(run, in_flight, broken, findings), batch_size=500)
        findings += comparing.twice_for_one_cause() + totals.judge(sums, totals.held_short())
        undecided = {_reference(one) for one in in_flight} | totals.mirror_references(sums)
        opened, resolved = breaks.apply(run, findings, undecided)
        leasing.hold(
            run,
            entry_mark=GatewayEntry.objects.aggregate(last=Max("id"))["last"] or 0,
            movement_mark=BookedMovement.objects.aggregate(last=Max("id"))["last"] or 0,
            in_flight=len(in_flight),
            breaks_new=opened,
            breaks_resolved=resolved,
            breaks_open=Break.objects.filter(status=BreakStatus.OPEN).count(),
            finished_at=real_now(),
            status=RunStatus.FINISHED,
        )


def _judged(
    run: Run, last: Run | None, settled_before: datetime
) -> tuple[list[Finding], list[Difference], list[Difference]]:
    findings: list[Finding] = []
    in_flight: list[Difference] = []
    broken: list[Difference] = []
    for group in comparing.differing(run, last):
        unknown = next((one for one in group if one.ours is None), None)
        verdict = judge(group, origins.of(unknown) if unknown else _known(group[0]), settled_before)
        findings += verdict.findings
        in_flight += verdict.in_flight
        broken += group if verdict.findings else []
    return findings, in_flight, broken


def _known(one: Difference) -> Origin:
    ours = BookedMovement.objects.filter(kind=one.kind, match_id=one.match_id).values_list("our_id", flat=True)
    return Origin(our_id=ours.first() or "")


def _as_of(until: datetime, broken_now: set[str]) -> tuple[list[Difference], list[Difference]]:
    """Split what differed at an instant: what still differs is a break, what has met since was in flight."""
    in_flight: list[Difference] = []
    broken: list[Difference] = []
    for group in comparing.differing_at(until):
        for one in group:
            (broken if _reference(one) in broken_now else in_flight).append(one)
    return in_flight, broken


def _items(
    run: Run, in_flight: list[Difference], broken: list[Difference], findings: list[Finding]
) -> Iterator[RunItem]:
    classes = {finding.reference: finding.break_class for finding in findings}
    for one in [*in_flight, *broken]:
        yield RunItem(
            run=run,
            kind=one.kind,
            match_id=one.match_id,
            currency=one.currency,
            ours_minor=one.ours.net_minor if one.ours else None,
            theirs_minor=one.theirs.net_minor if one.theirs else None,
            difference_minor=one.minor,
            break_class=classes.get(_reference(one), ""),
        )


def _reference(one: Difference) -> str:
    return f"{one.kind}:{one.match_id}:{one.currency}"


@contextmanager
def snapshot() -> Iterator[None]:
    """Open a transaction that sees one instant of the database, whatever commits meanwhile."""
    with transaction.atomic(durable=True):
        if len(connection.atomic_blocks) == 1:  # a test's own transaction has begun already
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
