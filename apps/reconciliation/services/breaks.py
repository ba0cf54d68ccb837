"""Breaks: opened and healed by runs, owned and explained by people. Every change leaves a row."""

from collections.abc import Collection
from typing import Any

import structlog
from django.db import transaction

from apps.accounts import selectors as accounts
from apps.common import audit, events
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.ids import parse_public_id
from apps.reconciliation.events import BreakFound, BreakResolved
from apps.reconciliation.models import Break, BreakChange, Run
from apps.reconciliation.states import LIVE, BreakStatus
from apps.reconciliation.types import Finding

log = structlog.get_logger(__name__)
FINANCE = "Finance"
GONE = "the two sides agree"
LONGEST_REASON = 200


def apply(run: Run, findings: Collection[Finding], undecided: Collection[str]) -> tuple[int, int]:
    """Open a break for each new finding, follow those that are known, resolve those that are gone.

    A break whose reference is in `undecided` (in flight, or not comparable in this run) stays as it is.
    Returns how many were opened and how many resolved.
    """
    require_transaction()
    live = {row.reference: row for row in Break.objects.select_for_update().filter(status__in=LIVE).order_by("id")}
    opened = 0
    for finding in findings:
        row = live.pop(finding.reference, None)
        if row is None:
            _open(run, finding)
            opened += 1
        else:
            _follow(run, row, finding)
    gone = [row for reference, row in live.items() if reference not in undecided]
    for row in gone:
        close(row, what="healed", reason=GONE, run=run)
    return opened, len(gone)


def assign(*, actor: Any, break_id: str, owner: Any, reason: str) -> Break:
    """Give a break to a member of Finance. Raises: NotFound, Forbidden, InvalidInput, Conflict `break_resolved`."""
    checked(actor, reason)
    if not accounts.belongs_to(owner, FINANCE):
        raise InvalidInput.field("owner", "must be active staff of Finance")
    with transaction.atomic(durable=True):
        row = locked(break_id)
        row.owner = owner
        row.save(update_fields=["owner"])
        note(row, "assigned", row.status, actor, reason)
        audit.record(actor, "reconciliation.break_assigned", str(row.public_id), reason, owner_id=owner.pk)
    return row


def explain(*, actor: Any, break_id: str, reason: str) -> Break:
    """Say why a break is as it is; it still shows, and opens again when its amount changes.

    Raises: NotFound, Forbidden, InvalidInput, Conflict `break_resolved`.
    """
    checked(actor, reason)
    with transaction.atomic(durable=True):
        row = locked(break_id)
        before = row.status
        row.status = BreakStatus.EXPLAINED
        row.owner = row.owner or actor
        row.save(update_fields=["status", "owner"])
        note(row, "explained", before, actor, reason)
        audit.record(actor, "reconciliation.break_explained", str(row.public_id), reason)
    return row


def close(row: Break, *, what: str, reason: str, run: Run | None = None, actor: Any = None) -> None:
    """Resolve a locked break, in the caller's transaction."""
    require_transaction()
    before = row.status
    row.status, row.resolved_at = BreakStatus.RESOLVED, real_now()
    row.save(update_fields=["status", "resolved_at"])
    note(row, what, before, actor, reason, run)
    events.publish(BreakResolved(break_id=str(row.public_id), break_class=row.break_class))


def locked(break_id: str) -> Break:
    """Lock a live break. Raises: NotFound, Conflict `break_resolved`."""
    public_id = parse_public_id(break_id)
    rows = Break.objects.select_for_update(of=("self",))
    row = rows.filter(public_id=public_id).first() if public_id else None
    if row is None:
        raise NotFound
    if row.status == BreakStatus.RESOLVED:
        raise Conflict("break_resolved", "This break is resolved; nothing is left to do.")
    return row


def checked(actor: Any, reason: str) -> None:
    """Refuse who is not of Finance, and changes without a reason. Raises: Forbidden, InvalidInput."""
    if not accounts.belongs_to(actor, FINANCE):
        raise Forbidden("forbidden", "Only Finance settles breaks.")
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise InvalidInput.field("reason", f"say why, in up to {LONGEST_REASON} characters")


def note(row: Break, what: str, before: str, actor: Any, reason: str, run: Run | None = None) -> None:
    """Append what happened to a break."""
    BreakChange.objects.create(
        break_row=row,
        what=what,
        from_status=before,
        to_status=row.status,
        difference_minor=row.difference_minor,
        actor=actor,
        reason=reason[:LONGEST_REASON],
        run=run,
    )


def _open(run: Run, finding: Finding) -> None:
    row = Break.objects.create(
        break_class=finding.break_class,
        reference=finding.reference,
        kind=finding.kind,
        match_id=finding.match_id,
        our_id=finding.our_id,
        currency=finding.currency,
        ours_minor=finding.ours_minor,
        theirs_minor=finding.theirs_minor,
        difference_minor=finding.difference_minor,
    )
    note(row, "found", "", None, "", run)
    events.publish(
        BreakFound(
            break_id=str(row.public_id),
            break_class=row.break_class,
            currency=row.currency,
            difference_minor=row.difference_minor,
        )
    )
    log.warning("reconciliation.break_found", break_id=str(row.public_id), break_class=str(row.break_class))


def _follow(run: Run, row: Break, finding: Finding) -> None:
    """Keep a known break up to date; one that changed is open again, whoever explained it before."""
    row.last_seen_at = real_now()
    now = (finding.break_class, finding.ours_minor, finding.theirs_minor, finding.difference_minor)
    if (row.break_class, row.ours_minor, row.theirs_minor, row.difference_minor) == now:
        row.save(update_fields=["last_seen_at"])
        return
    before = row.status
    row.break_class, row.ours_minor, row.theirs_minor, row.difference_minor = now
    row.our_id = finding.our_id or row.our_id
    row.status = BreakStatus.OPEN
    row.save()
    note(row, "changed", before, None, "", run)
