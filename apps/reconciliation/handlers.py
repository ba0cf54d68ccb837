"""A wanted run goes to a worker: it asks the outside, and a request does not wait for that."""

from django.db import transaction

from apps.common import events
from apps.reconciliation.events import RunWanted
from apps.reconciliation.tasks import reconcile


@events.subscribe(RunWanted)
def hand_to_worker(event: RunWanted) -> None:
    """Queue the run once this transaction is committed."""

    def queue() -> None:
        reconcile.delay(event.person_id)

    transaction.on_commit(queue, robust=True)
