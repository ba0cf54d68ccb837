"""Each night once: beat asks often, and a run that failed is tried again at the next asking."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from apps.common import audit, events
from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.reconciliation import selectors
from apps.reconciliation.events import RunWanted
from apps.reconciliation.services import breaks, running
from apps.reconciliation.types import RunReport

NIGHT = time(3, 15)  # UTC: hardly anything moves


def reconcile_if_due() -> RunReport | None:
    """Run unless a comparison has ended since the last 03:15 UTC; None when there is nothing to do."""
    finished = selectors.last_finished_at()
    if finished is not None and finished >= due_since(real_now()):
        return None
    try:
        return running.reconcile()
    except Conflict:  # one is at work
        return None


def want_run(*, actor: Any, reason: str) -> None:
    """Ask for a run now; a worker makes it. Raises: Forbidden, InvalidInput."""
    breaks.checked(actor, reason)
    with transaction.atomic(durable=True):
        audit.record(actor, "reconciliation.wanted", "reconciliation", reason)
        events.publish(RunWanted(person_id=actor.pk))


def reconcile_for(person_id: int) -> RunReport | None:
    """Run for whoever asked; None while another run is at work."""
    person = get_user_model().objects.filter(pk=person_id).first()
    try:
        return running.reconcile(started_by=person)
    except Conflict:
        return None


def due_since(now: datetime) -> datetime:
    """Return the last 03:15 UTC."""
    tonight = datetime.combine(now.date(), NIGHT, tzinfo=now.tzinfo)
    return tonight if tonight <= now else tonight - timedelta(days=1)
