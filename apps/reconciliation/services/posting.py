"""Breaks settled by a journal: one member of Finance proposes it, another one posts it."""

from typing import Any

from django.db import transaction

from apps.common import audit
from apps.common.clock import business_now, real_now
from apps.common.errors import Conflict, Forbidden
from apps.ledger import services as ledger
from apps.payments import settled
from apps.reconciliation import proposals
from apps.reconciliation.models import BookedMovement, Break, Proposal
from apps.reconciliation.proposals import FEE_ACCOUNTS
from apps.reconciliation.services import breaks, comparing
from apps.reconciliation.states import POSTABLE, Kind, ProposalStatus
from apps.reconciliation.types import Difference, JournalProposal


def proposed_journal(row: Break, counter_account: str) -> JournalProposal:
    """Return the journal that would settle a break against an account, for people to look at.

    Raises: Conflict `break_not_postable`; InvalidInput for an account that is not offered.
    """
    by_itself = row.kind in {Kind.BALANCE, Kind.DISPUTE} or not row.reference.startswith(row.kind)
    if row.break_class not in POSTABLE or by_itself:
        raise Conflict(
            "break_not_postable",
            "A journal does not settle this kind of break; its page says what does.",
            {"class": row.break_class},
        )
    return proposals.propose(row.difference, counter_account)


def propose(*, actor: Any, break_id: str, counter_account: str, reason: str) -> Proposal:
    """Propose to settle a break by a journal; nothing is posted before a second person agrees.

    Raises: NotFound, Forbidden, InvalidInput; Conflict `break_resolved`, `break_not_postable`, `proposal_waiting`.
    """
    breaks.checked(actor, reason)
    with transaction.atomic(durable=True):
        row = breaks.locked(break_id)
        proposed_journal(row, counter_account)
        if row.proposals.filter(status=ProposalStatus.PROPOSED).exists():
            raise Conflict("proposal_waiting", "A journal is proposed already; post or reject it first.")
        proposal = Proposal.objects.create(
            break_row=row,
            counter_account=counter_account,
            difference_minor=row.difference_minor,
            currency=row.currency,
            proposed_by=actor,
            reason=reason,
        )
        breaks.note(row, "journal proposed", row.status, actor, reason)
        audit.record(
            actor, "reconciliation.journal_proposed", str(row.public_id), reason, counter_account=counter_account
        )
    return proposal


def post(*, actor: Any, break_id: str, reason: str) -> Proposal:
    """Post the journal that somebody else proposed, and resolve the break.

    Raises: NotFound, InvalidInput; Forbidden `second_person_required` for whoever proposed it; Conflict
    `break_resolved`, `no_proposal`, `difference_changed` when books and gateway have moved since.
    """
    breaks.checked(actor, reason)
    with transaction.atomic(durable=True):
        row = breaks.locked(break_id)
        proposal = _waiting(row)
        if proposal.proposed_by_id == actor.pk:
            raise Forbidden("second_person_required", "Somebody else of Finance has to look at this journal.")
        now = _unchanged(row, proposal)
        journal = proposed_journal(row, proposal.counter_account)
        posted = ledger.post(
            kind="reconciliation.correction",
            key=f"reconciliation:{proposal.public_id}",
            legs=journal.legs,
            effective_at=business_now(),
        )
        _book(row, proposal, now)
        _decide(proposal, ProposalStatus.POSTED, actor, posted.id)
        breaks.close(row, what="journal posted", reason=reason, actor=actor)
        audit.record(actor, "reconciliation.journal_posted", str(row.public_id), reason, journal_id=posted.id)
    return proposal


def reject(*, actor: Any, break_id: str, reason: str) -> Proposal:
    """Take a proposed journal off the table; its proposer may, too.

    Raises: NotFound, Forbidden, InvalidInput; Conflict `break_resolved`, `no_proposal`.
    """
    breaks.checked(actor, reason)
    with transaction.atomic(durable=True):
        row = breaks.locked(break_id)
        proposal = _waiting(row)
        _decide(proposal, ProposalStatus.REJECTED, actor)
        breaks.note(row, "journal rejected", row.status, actor, reason)
        audit.record(actor, "reconciliation.journal_rejected", str(row.public_id), reason)
    return proposal


def _waiting(row: Break) -> Proposal:
    proposal: Proposal | None = row.proposals.filter(status=ProposalStatus.PROPOSED).first()
    if proposal is None:
        raise Conflict("no_proposal", "No journal is proposed for this break; propose one first.")
    return proposal


def _unchanged(row: Break, proposal: Proposal) -> Difference:
    """Return the difference as it is now: a late arrival must not be booked a second time by hand."""
    now = comparing.difference_of(row.kind, row.match_id, row.currency)
    late = now is not None and now.ours is None and settled.is_settled(row.kind, row.match_id)
    if now is None or late or now.minor != proposal.difference_minor:
        raise Conflict(
            "difference_changed", "Gateway or books have moved since; reconcile again and look at what is left."
        )
    return now


def _book(row: Break, proposal: Proposal, now: Difference) -> None:
    """Let our side of the comparison follow the gateway's, by the journal just posted."""
    amount = (now.theirs.amount_minor if now.theirs else 0) - (now.ours.amount_minor if now.ours else 0)
    fee = (now.theirs.fee_minor if now.theirs else 0) - (now.ours.fee_minor if now.ours else 0)
    against_fees = proposal.counter_account in FEE_ACCOUNTS
    BookedMovement.objects.create(
        key=f"correction:{proposal.public_id}",
        kind=row.kind,
        match_id=row.match_id,
        amount_minor=amount,
        fee_minor=fee,
        expense_minor=proposal.difference_minor if against_fees else 0,
        currency=row.currency,
        settled_at=real_now(),
    )


def _decide(proposal: Proposal, status: ProposalStatus, actor: Any, journal_id: str = "") -> None:
    proposal.status, proposal.journal_id = status, journal_id
    proposal.decided_by, proposal.decided_at = actor, real_now()
    proposal.save(update_fields=["status", "journal_id", "decided_by", "decided_at"])
