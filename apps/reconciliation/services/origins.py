"""Whose is an entry that our books do not know: the gateway's object carries our id, if we ever asked for it."""

from datetime import datetime

from django.db import transaction

from apps.payments import settled
from apps.payments.services import statement
from apps.reconciliation.models import EntryOrigin, GatewayEntry, Run
from apps.reconciliation.services import comparing
from apps.reconciliation.states import Kind
from apps.reconciliation.types import Difference, Origin

MOST = 200  # look-ups a run; what is beyond stays unknown until the next one
_ASKED = {
    Kind.CHARGE: "payment",
    Kind.REFUND: "refund",
    Kind.REFUND_FAILURE: "refund",
    Kind.TRANSFER: "transfer",
}
_WAITING = frozenset({"prepared", "sent", "unknown", "requires_action"})


def ask(run: Run, last: Run | None, settled_before: datetime) -> None:
    """Ask the gateway, once for each, whose the entries are that nobody knows. Raises: Unavailable."""
    for kind, match_id in _unknown(run, last, settled_before):
        entries = GatewayEntry.objects.filter(kind=kind, match_id=match_id, origin__isnull=True)
        for entry in list(entries):
            our_id = statement.origin_of(kind, match_id)
            with transaction.atomic(durable=True):
                EntryOrigin.objects.get_or_create(entry=entry, defaults={"our_id": our_id})


def of(one: Difference) -> Origin:
    """Return what is known about where a difference comes from."""
    entry = GatewayEntry.objects.filter(kind=one.kind, match_id=one.match_id).select_related("origin").first()
    our_id = entry.origin.our_id if entry and hasattr(entry, "origin") else ""
    where = settled.standing(_ASKED[Kind(one.kind)], our_id) if our_id else None
    if where is None:
        return Origin(our_id=our_id)
    return Origin(
        our_id=our_id,
        settled_elsewhere=where.provider_id not in {"", one.match_id},
        waiting=where.status in _WAITING or where.provider_id == one.match_id,
    )


def _unknown(run: Run, last: Run | None, settled_before: datetime) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for group in comparing.differing(run, last):
        for one in group:
            if one.ours is None and one.kind in _ASKED and one.since <= settled_before and len(found) < MOST:
                found.append((one.kind, one.match_id))
    return found
