"""From facts to decisions: the only writers of case and trust statuses."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.accounts.selectors import belongs_to
from apps.common import events
from apps.common.audit import record
from apps.common.clock import business_now
from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.sitters.events import SitterTrustChanged, VettingReviewNeeded
from apps.sitters.models import (
    CaseTransition,
    SitterProfile,
    TrustTransition,
    VettingCase,
    VettingCheck,
)
from apps.sitters.selectors import trust_of
from apps.sitters.services.locks import lock_case, lock_sitter
from apps.sitters.states import (
    CASE_MOVES,
    PROFILE_MOVES,
    CaseStatus,
    CheckKind,
    CheckStatus,
    VettingStatus,
)
from apps.sitters.trust import SitterTrustStatus
from apps.sitters.types import ReportFacts

EXPIRY_BATCH = 200
DECISION_REASON_LENGTH = range(10, 501)  # characters


def record_facts(case: VettingCase, facts: ReportFacts) -> VettingCase:
    """Take what the provider says now and draw the conclusion. Needs the case locked.

    Facts for a decided case change nothing: a decision stands until the next case.
    """
    if case.status not in {CaseStatus.PENDING, CaseStatus.IN_REVIEW}:
        return case
    now = business_now()
    results = _merge_checks(case, facts, now)
    VettingCase.objects.filter(pk=case.pk).update(checked_at=now)
    verdict = SitterTrustStatus.verdict(results)
    if verdict not in {CaseStatus.PENDING, CaseStatus(case.status)}:
        move_case(case, verdict, cause="provider_result", now=now)
    return case


def _merge_checks(case: VettingCase, facts: ReportFacts, now: datetime) -> dict[CheckKind, CheckStatus]:
    results = {}
    for check in VettingCheck.objects.select_for_update().filter(case=case):
        kind, known = CheckKind(check.kind), CheckStatus(check.status)
        results[kind] = SitterTrustStatus.merge(known, facts.checks.get(kind, known))
        if results[kind] != known:
            VettingCheck.objects.filter(pk=check.pk).update(status=results[kind], completed_at=now)
    return results


def move_case(
    case: VettingCase,
    to: CaseStatus,
    *,
    cause: str,
    now: datetime,
    actor: Any = None,
    reason: str = "",
) -> None:
    """Move a locked case, write its transition, then settle the sitter's trust.

    Raises: Conflict case_not_open when the table of moves does not allow it.
    """
    old = CaseStatus(case.status)
    if to not in CASE_MOVES[old]:
        raise Conflict(
            "case_not_open",
            f"The case is {old.label.lower()}: it cannot become {to.label.lower()}.",
            {"status": old.value},
        )
    decided = to in {CaseStatus.CLEARED, CaseStatus.REJECTED}
    changes: dict[str, Any] = {"status": to}
    if decided:
        changes |= {"decided_at": now, "decided_by": actor, "decision_reason": reason}
    if VettingCase.objects.filter(pk=case.pk, status=old).update(**changes) != 1:
        raise Conflict("case_not_open", "Somebody else was first: look at the case again.")
    for name, value in changes.items():
        setattr(case, name, value)
    CaseTransition.objects.create(case=case, from_status=old, to_status=to, cause=cause, actor=actor, happened_at=now)
    if to == CaseStatus.IN_REVIEW:
        events.publish(VettingReviewNeeded(str(case.public_id), str(case.sitter.public_id)))
    settle_trust(lock_sitter(case.sitter_id), case=case, cause=cause, now=now, actor=actor)


def settle_trust(
    sitter: SitterProfile,
    *,
    cause: str,
    now: datetime,
    case: VettingCase | None = None,
    actor: Any = None,
) -> None:
    """Bring a locked sitter's columns in line with the facts; write what moved."""
    if case is not None and case.status == CaseStatus.CLEARED:
        sitter.cleared_at = case.decided_at
    elif case is not None and case.status == CaseStatus.REJECTED:
        sitter.cleared_at = None  # a revoked clearance must not revive with the next case
    trust = trust_of(sitter)
    old, new = VettingStatus(sitter.vetting_status), trust.status_at(now)
    renewed = new == old == VettingStatus.CLEARED and (sitter.clearance_expires_at != trust.expires_at)
    if old == new and not renewed:
        return
    if not renewed and new not in PROFILE_MOVES[old]:
        raise RuntimeError(f"A sitter cannot move from {old} to {new}.")
    moved = SitterProfile.objects.filter(pk=sitter.pk, vetting_status=old).update(
        vetting_status=new,
        trust_badge=trust.badge_at(now),
        cleared_at=sitter.cleared_at,
        clearance_date=sitter.cleared_at.date() if sitter.cleared_at else None,
        clearance_expires_at=trust.expires_at,
    )
    if moved != 1:
        raise Conflict("sitter_moved", "Somebody else was first: read the status again.")
    TrustTransition.objects.create(
        sitter=sitter,
        from_status=old,
        to_status=new,
        cause=cause,
        case_id=case.public_id if case else None,
        actor=actor,
        happened_at=now,
    )
    events.publish(SitterTrustChanged(str(sitter.public_id), sitter.user_id, old.value, new.value))


def decide_case(actor: Any, case_id: str, *, clear: bool, reason: str) -> VettingCase:
    """A person clears or rejects a case in review; the reason goes into the audit.

    Raises: Forbidden unless the actor belongs to Trust & Safety; InvalidInput without a reason;
    NotFound; Conflict case_not_open when nobody has to decide.
    """
    if not belongs_to(actor, "Trust & Safety"):
        raise Forbidden("trust_and_safety_only", "Only Trust & Safety decides vetting cases.")
    if len(reason.strip()) not in DECISION_REASON_LENGTH:
        raise InvalidInput.field("reason", "must have 10 to 500 characters")
    with transaction.atomic(durable=True):
        found = VettingCase.objects.filter(public_id=case_id).first()
        if found is None:
            raise NotFound
        case = lock_case(found)
        if case.status != CaseStatus.IN_REVIEW:
            raise Conflict(
                "case_not_open",
                "This case does not wait for a decision.",
                {"status": case.public_status},
            )
        to = CaseStatus.CLEARED if clear else CaseStatus.REJECTED
        move_case(case, to, cause="staff_decision", now=business_now(), actor=actor, reason=reason.strip())
        record(actor, f"vetting.{to.value}", f"vetting_case:{case.public_id}", reason.strip())
    return case


def expire_clearances() -> int:
    """End the clearances whose year is over; return how many. Safe to run in parallel."""
    ended = 0
    while True:
        with transaction.atomic(durable=True):
            now = business_now()
            due = list(
                SitterProfile.objects.select_for_update(no_key=True, skip_locked=True)
                .filter(vetting_status=VettingStatus.CLEARED, clearance_expires_at__lte=now)
                .order_by("id")[:EXPIRY_BATCH]
            )
            for sitter in due:
                settle_trust(sitter, cause="clearance_expired", now=now)
        ended += len(due)
        if len(due) < EXPIRY_BATCH:
            return ended
