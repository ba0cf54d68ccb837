"""A ledger of a million journals: the audit, and one account's balance as of an instant."""

import resource
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench import fill
from bench.database import Addresses, analyze
from bench.figures import Figure
from bench.rounds import Size

AUDIT_SECONDS = 60.0
TIMES_PLAIN_SUM = 20.0
AUDIT_MEGABYTES = 16


def measure(addresses: Addresses, size: Size) -> list[Figure]:
    """Return the audit's figure and the balance's, on one filled ledger."""
    journals = size.of(1_000_000, 500)
    fill.ledger(addresses, journals)
    from apps.ledger import services

    services.cut()
    if not size.smoke:
        analyze(addresses)
    return [_audit(journals), _as_of(size.of(15, 2), journals)]


def _audit(journals: int) -> Figure:
    from apps.ledger import selectors

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    report = selectors.check()
    took = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return Figure(
        f"audit of {journals:,} journals" + ("" if report.ok else f" ({report.problems[0]})"),
        f"{took:.1f} s, {grown:.0f} MB more memory",
        f"a minute, {AUDIT_MEGABYTES} MB",
        AUDIT_SECONDS / took,
        "≥ 1 x",
        report.ok and took <= AUDIT_SECONDS and grown <= AUDIT_MEGABYTES,
    )


def _as_of(rounds: int, journals: int) -> Figure:
    from django.db.models import Sum

    from apps.ledger import selectors
    from apps.ledger.models import Entry
    from apps.ledger.types import AccountRef

    clearing = AccountRef("stripe_clearing")
    ours, plain = [], []
    for number in range(rounds + 1):
        at = datetime(2026, 6, 1, 12, tzinfo=UTC) + timedelta(days=number, minutes=number)
        entries = Entry.objects.filter(account__kind=clearing.kind, effective_at__lte=at)
        seconds, balance = _timed(lambda at=at: selectors.balance(clearing, "USD", at).amount_minor)  # type: ignore[misc]  # a lambda's default is typed by its use
        slow, total = _timed(lambda entries=entries: entries.aggregate(total=Sum("amount_minor"))["total"] or 0)  # type: ignore[misc]  # as above
        assert balance == total, "the fast balance is the plain sum"
        ours.append(seconds)
        plain.append(slow)
    fast, slow = statistics.median(ours[1:]), statistics.median(plain[1:])
    return Figure(
        f"balance as of an instant, an account of {journals:,} entries",
        f"{fast * 1000:.1f} ms",
        f"adding them up {slow * 1000:.0f} ms",
        slow / fast,
        f"≥ {TIMES_PLAIN_SUM:g} x",
        slow / fast >= TIMES_PLAIN_SUM,
    )


def _timed(work: Callable[[], int]) -> tuple[float, int]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result
