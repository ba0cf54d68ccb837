"""Submitting to the provider in three phases, and asking it again when it stays silent."""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from apps.common import events
from apps.common.clock import business_now, real_now
from apps.common.db import outside_call
from apps.common.errors import Conflict, Forbidden, InvalidInput, Unavailable
from apps.sitters import gateways
from apps.sitters.events import VettingNoticeReceived
from apps.sitters.models import SitterProfile, VettingCase, VettingCheck, VettingNotice
from apps.sitters.selectors import require_sitter, trust_of
from apps.sitters.services.locks import lock_case, lock_profile_of
from apps.sitters.services.results import move_case, record_facts
from apps.sitters.states import OPEN_CASES, CaseStatus, CheckKind, NoticeStatus
from apps.sitters.types import Applicant, ProviderReference

log = logging.getLogger(__name__)

CONSENT_VERSION = "2026-01"
LEASE = timedelta(seconds=60)  # longer than both calls of a submission may take
SILENCE = timedelta(minutes=15)  # after this without news the report is fetched unasked
WAITING_BATCH = 50
REFUSALS = {
    "already_cleared": "The clearance is still valid: renew it in its last 60 days.",
    "vetting_cooldown": "The last case was rejected: a new one is possible 30 days after it.",
}


@dataclass(frozen=True)
class _Handover:
    case: VettingCase
    ours: bool


def submit_vetting(actor: Any, applicant: Applicant) -> VettingCase:
    """Order the checks for a sitter; a repeat while a case is open returns that case.

    The applicant's data go to the provider and are not written here.
    Raises: Forbidden for other roles or an unverified address; Conflict already_cleared or
    vetting_cooldown; InvalidInput when the provider refuses the data; Unavailable when it does
    not answer (send again: the same case is used, nothing is ordered twice).
    """
    require_sitter(actor)
    if not actor.is_verified_address:
        raise Forbidden("email_not_verified", "Verify your e-mail address first.")
    handover = _open_case(actor)
    if not handover.ours:
        return handover.case
    reference = _hand_over(handover.case, applicant)
    return confirm_reference(handover.case, reference)


def _open_case(actor: Any) -> _Handover:
    with transaction.atomic(durable=True):
        sitter = lock_profile_of(actor)
        case = sitter.cases.filter(status__in=OPEN_CASES).first()
        if case is None:
            return _Handover(_new_case(sitter), ours=True)
        abandoned = Q(lease_until__isnull=True) | Q(lease_until__lte=real_now())
        retaken = VettingCase.objects.filter(abandoned, pk=case.pk, status=CaseStatus.SUBMITTING).update(
            lease_until=real_now() + LEASE, attempts=F("attempts") + 1
        )
        case.refresh_from_db()
        return _Handover(case, ours=retaken == 1)


def _new_case(sitter: SitterProfile) -> VettingCase:
    now = business_now()
    rule = trust_of(sitter).submission_at(now)
    if not rule.allowed:
        allowed_at = rule.allowed_at.isoformat() if rule.allowed_at else None
        raise Conflict(rule.code, REFUSALS[rule.code], {"allowed_at": allowed_at})
    return VettingCase.objects.create(
        sitter=sitter,
        provider=gateways.vetting_provider().name,
        consent_version=CONSENT_VERSION,
        consented_at=now,
        submitted_at=now,
        lease_until=real_now() + LEASE,
    )


def _hand_over(case: VettingCase, applicant: Applicant) -> ProviderReference:
    provider = gateways.vetting_provider()
    case_id = str(case.public_id)
    try:
        with outside_call():
            # An earlier attempt may have got through although its answer was lost.
            found = provider.find_reference(case_id=case_id) if case.attempts > 1 else None
            return found or provider.open_report(applicant, case_id=case_id)
    except (Unavailable, InvalidInput):
        VettingCase.objects.filter(pk=case.pk, attempts=case.attempts).update(lease_until=None)
        raise


def confirm_reference(case: VettingCase, reference: ProviderReference) -> VettingCase:
    """Write the provider's reference, and wake notices that came before it."""
    with transaction.atomic(durable=True):
        case = lock_case(case)
        adopt_reference(case, reference)
        waiting = VettingNotice.objects.filter(
            provider=case.provider, report_id=case.report_id, status=NoticeStatus.PARKED
        )
        for notice_id in list(waiting.values_list("id", flat=True)):
            events.publish(VettingNoticeReceived(notice_id))
        waiting.update(status=NoticeStatus.RECEIVED, next_attempt_at=real_now())
    return case


def adopt_reference(case: VettingCase, reference: ProviderReference) -> None:
    """Bind a locked case to its report, once; afterwards it waits for results."""
    if case.status != CaseStatus.SUBMITTING:
        return
    now = business_now()
    case.candidate_id, case.report_id = reference.candidate_id, reference.report_id
    VettingCase.objects.filter(pk=case.pk).update(
        candidate_id=case.candidate_id,
        report_id=case.report_id,
        lease_until=None,
        checked_at=now,
    )
    VettingCheck.objects.bulk_create([VettingCheck(case=case, kind=kind) for kind in CheckKind], ignore_conflicts=True)
    move_case(case, CaseStatus.PENDING, cause="submitted", now=now)


def refresh_case(case: VettingCase) -> VettingCase:
    """Fetch the report again and draw the conclusion.

    Raises: Unavailable.
    """
    with outside_call():
        facts = gateways.vetting_provider().fetch_report(case.report_id)
    with transaction.atomic(durable=True):
        case = lock_case(case)
        if facts is None:
            log.error("vetting.report_unknown case=%s", case.public_id)
            VettingCase.objects.filter(pk=case.pk).update(checked_at=business_now())
        else:
            record_facts(case, facts)
    return case


def resume_waiting_cases() -> int:
    """Ask the provider about cases that heard nothing, and finish broken hand-overs.

    Returns how many cases were looked at; an outage ends the round, the next one continues.
    """
    silent = Q(status=CaseStatus.PENDING, checked_at__lte=business_now() - SILENCE)
    broken = Q(status=CaseStatus.SUBMITTING) & (Q(lease_until__isnull=True) | Q(lease_until__lte=real_now()))
    waiting = VettingCase.objects.filter(silent | broken)
    cases = list(waiting.order_by(F("checked_at").asc(nulls_last=True), "id")[:WAITING_BATCH])
    for done, case in enumerate(cases):
        try:
            if case.status == CaseStatus.PENDING:
                refresh_case(case)
            else:
                _finish_handover(case)
        except Unavailable:
            log.warning("vetting.provider_unavailable waiting=%s", len(cases) - done)
            return done
    return len(cases)


def _finish_handover(case: VettingCase) -> None:
    with outside_call():
        reference = gateways.vetting_provider().find_reference(case_id=str(case.public_id))
    if reference is not None:
        confirm_reference(case, reference)
