"""Figures for monitoring: an alarm belongs on both."""

from collections.abc import Iterator

from apps.common.clock import real_now
from apps.common.metrics import Reading, register_gauge
from apps.reconciliation import selectors
from apps.reconciliation.states import BreakClass


def _breaks_open() -> Iterator[Reading]:
    counts = selectors.open_by_class()
    for break_class in BreakClass:
        yield {"class": break_class.value}, counts.get(break_class.value, 0)


def _age_seconds() -> Iterator[Reading]:
    finished = selectors.last_finished_at()
    if finished is not None:
        yield {}, (real_now() - finished).total_seconds()


register_gauge(
    "petwash_reconciliation_breaks_open", "Where gateway and books disagree and nobody has said why.", _breaks_open
)
register_gauge("petwash_reconciliation_age_seconds", "Seconds since the last complete comparison.", _age_seconds)
