"""The inbox of the provider's webhooks: insert once, fetch again, conclude from facts."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.common import events
from apps.common.clock import real_now
from apps.common.db import outside_call
from apps.common.errors import Unavailable
from apps.sitters import gateways
from apps.sitters.events import VettingNoticeReceived
from apps.sitters.models import VettingCase, VettingNotice
from apps.sitters.services.locks import lock_case
from apps.sitters.services.results import record_facts
from apps.sitters.services.vetting import adopt_reference
from apps.sitters.states import CaseStatus, NoticeStatus
from apps.sitters.types import Notice, ProviderReference, ReportFacts

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=3)
DUE_BATCH = 100


def receive_notice(notice: Notice) -> bool:
    """Keep an authenticated notice; return False when it was here before."""
    with transaction.atomic(durable=True):
        row, created = VettingNotice.objects.get_or_create(
            provider=notice.provider,
            event_id=notice.event_id,
            defaults={"kind": notice.kind, "report_id": notice.report_id},
        )
        if created:
            events.publish(VettingNoticeReceived(row.pk))
    return created


def due_notices() -> list[int]:
    """Return the keys of notices whose time has come (again), oldest first."""
    waiting = (NoticeStatus.RECEIVED, NoticeStatus.PARKED)
    due = VettingNotice.objects.filter(status__in=waiting, next_attempt_at__lte=real_now())
    return list(due.order_by("next_attempt_at").values_list("id", flat=True)[:DUE_BATCH])


def apply_notice(notice_id: int) -> NoticeStatus:
    """Fetch the report that a notice speaks about and conclude from it. Safe to repeat.

    A notice without a case waits: our own reference may not be committed yet.
    """
    notice = VettingNotice.objects.get(pk=notice_id)
    if notice.status in {NoticeStatus.APPLIED, NoticeStatus.IGNORED}:
        return NoticeStatus(notice.status)
    if not notice.kind.startswith("report."):
        return _settle(notice, NoticeStatus.IGNORED, "not_about_a_report")
    try:
        with outside_call():
            facts = gateways.vetting_provider().fetch_report(notice.report_id)
    except Unavailable:
        log.warning("vetting.notice_waits notice=%s", notice.pk)
        return _postpone(notice, NoticeStatus.RECEIVED, "provider_unavailable")
    if facts is None:
        return _settle(notice, NoticeStatus.IGNORED, "unknown_report")
    return _conclude(notice, facts)


def _conclude(notice: VettingNotice, facts: ReportFacts) -> NoticeStatus:
    with transaction.atomic(durable=True):
        found = _case_of(notice, facts)
        if found is None:
            return _postpone(notice, NoticeStatus.PARKED, "unknown_case")
        case = lock_case(found)
        if case.status == CaseStatus.SUBMITTING:
            if case.lease_until is not None and case.lease_until > real_now():
                return _postpone(notice, NoticeStatus.PARKED, "hand_over_in_progress")
            adopt_reference(case, ProviderReference(facts.candidate_id, facts.report_id))
        if case.report_id != facts.report_id:
            return _settle(notice, NoticeStatus.IGNORED, "other_report_of_the_case")
        record_facts(case, facts)
        return _settle(notice, NoticeStatus.APPLIED, "")


def _case_of(notice: VettingNotice, facts: ReportFacts) -> VettingCase | None:
    cases = VettingCase.objects.filter(provider=notice.provider)
    bound = cases.filter(report_id=facts.report_id).first()
    if bound is not None:
        return bound
    try:
        return cases.filter(public_id=UUID(facts.case_id)).first()
    except ValueError:
        return None


def _settle(notice: VettingNotice, status: NoticeStatus, why: str) -> NoticeStatus:
    VettingNotice.objects.filter(pk=notice.pk).update(
        status=status, why=why, settled_at=real_now(), attempts=F("attempts") + 1
    )
    return status


def _postpone(notice: VettingNotice, status: NoticeStatus, why: str) -> NoticeStatus:
    if real_now() - notice.received_at > GIVE_UP_AFTER:
        log.error("vetting.notice_given_up notice=%s why=%s", notice.pk, why)
        return _settle(notice, NoticeStatus.IGNORED, why)
    pause = min(FIRST_PAUSE * 2 ** min(notice.attempts, 10), LONGEST_PAUSE)
    VettingNotice.objects.filter(pk=notice.pk).update(
        status=status, why=why, attempts=F("attempts") + 1, next_attempt_at=real_now() + pause
    )
    return status
