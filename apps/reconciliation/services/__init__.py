"""What others may ask: run, and settle breaks."""

from apps.reconciliation.services.breaks import assign, explain
from apps.reconciliation.services.posting import post, propose, proposed_journal, reject
from apps.reconciliation.services.running import reconcile
from apps.reconciliation.services.scheduling import reconcile_for, reconcile_if_due, want_run

__all__ = [
    "assign",
    "explain",
    "post",
    "propose",
    "proposed_journal",
    "reconcile",
    "reconcile_for",
    "reconcile_if_due",
    "reject",
    "want_run",
]
