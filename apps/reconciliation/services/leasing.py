"""One run at a time: a lease on the run's row, renewed with every step, taken over when it has run out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.common.ids import uuid7
from apps.reconciliation.models import Run
from apps.reconciliation.states import RunStatus

LEASE = timedelta(minutes=5)
ABANDONED = "its process died; another run went on from there"


class LeaseLost(RuntimeError):
    """Another run took this one's place: nothing more of it may be written."""


def begin(*, started_by: Any = None, until: datetime | None = None) -> Run:
    """Open a run. Raises: Conflict `reconciliation_running` while another one is at work."""
    now = real_now()
    try:
        with transaction.atomic(durable=True):
            Run.objects.filter(status=RunStatus.RUNNING, lease_until__lt=now).update(
                status=RunStatus.FAILED, finished_at=now, failure=ABANDONED
            )
            return Run.objects.create(started_by=started_by, until=until, lease_token=uuid7(), lease_until=now + LEASE)
    except IntegrityError as error:
        raise Conflict(
            "reconciliation_running", "A reconciliation is at work; wait for it to end, or look at its result."
        ) from error


def hold(run: Run, **fields: Any) -> None:
    """Renew the lease within a step's transaction, which keeps the row; `fields` are the step's results.

    Raises: LeaseLost.
    """
    ours = Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING, lease_token=_token(run))
    if not ours.update(lease_until=real_now() + LEASE, **fields):
        raise LeaseLost(f"run {run.public_id}")
    for name, value in fields.items():
        setattr(run, name, value)


def fail(run: Run, failure: str) -> None:
    """Record that the run could not end; what it has mirrored stays."""
    with transaction.atomic(durable=True):
        Run.objects.filter(pk=run.pk, status=RunStatus.RUNNING, lease_token=_token(run)).update(
            status=RunStatus.FAILED, finished_at=real_now(), failure=failure[:300]
        )


def _token(run: Run) -> UUID:
    return run.lease_token
