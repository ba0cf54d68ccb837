"""SitterTrustStatus: from check results to a case's verdict, a sitter's status and the badge."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.sitters.states import CaseStatus, CheckKind, CheckStatus, TrustBadge, VettingStatus
from apps.sitters.trust import SitterTrustStatus, one_year_after

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID, CRIMINAL = CheckKind.IDENTITY, CheckKind.CRIMINAL_HISTORY
CLEAR, CONSIDER, FAILED = CheckStatus.CLEAR, CheckStatus.CONSIDER, CheckStatus.FAILED
PENDING, CANCELED = CheckStatus.PENDING, CheckStatus.CANCELED


@pytest.mark.parametrize(
    ("identity", "criminal", "verdict"),
    [
        (PENDING, PENDING, CaseStatus.PENDING),
        (CLEAR, PENDING, CaseStatus.PENDING),
        (FAILED, PENDING, CaseStatus.PENDING),
        (CLEAR, CLEAR, CaseStatus.CLEARED),
        (FAILED, CLEAR, CaseStatus.REJECTED),
        (FAILED, CONSIDER, CaseStatus.REJECTED),
        (CLEAR, CONSIDER, CaseStatus.IN_REVIEW),
        (CLEAR, FAILED, CaseStatus.IN_REVIEW),
        (CONSIDER, CLEAR, CaseStatus.IN_REVIEW),
        (CANCELED, CLEAR, CaseStatus.IN_REVIEW),
        (CLEAR, CANCELED, CaseStatus.IN_REVIEW),
    ],
)
def test_verdict_of_two_checks(identity, criminal, verdict):
    assert SitterTrustStatus.verdict({ID: identity, CRIMINAL: criminal}) == verdict


def test_a_missing_check_counts_as_running():
    assert SitterTrustStatus.verdict({ID: CLEAR}) == CaseStatus.PENDING


def test_an_older_answer_does_not_undo_a_result():
    assert SitterTrustStatus.merge(CLEAR, PENDING) == CLEAR
    assert SitterTrustStatus.merge(PENDING, CLEAR) == CLEAR
    assert SitterTrustStatus.merge(CLEAR, CONSIDER) == CONSIDER


def test_nothing_submitted():
    trust = SitterTrustStatus()
    assert trust.status_at(NOW) == VettingStatus.NOT_SUBMITTED
    assert trust.badge_at(NOW) == TrustBadge.NONE
    assert trust.expires_at is None
    assert trust.submission_at(NOW).allowed


def test_a_clearance_lasts_one_year_to_the_instant():
    trust = SitterTrustStatus(latest_case=CaseStatus.CLEARED, cleared_at=NOW)
    end = datetime(2027, 3, 1, 12, tzinfo=UTC)
    assert trust.expires_at == end
    last = end - timedelta(microseconds=1)
    assert (trust.status_at(last), trust.badge_at(last)) == (VettingStatus.CLEARED, TrustBadge.VETTED)
    assert (trust.status_at(end), trust.badge_at(end)) == (VettingStatus.EXPIRED, TrustBadge.NONE)


def test_a_clearance_of_a_leap_day_ends_on_28_february():
    assert one_year_after(datetime(2028, 2, 29, 8, tzinfo=UTC)) == datetime(2029, 2, 28, 8, tzinfo=UTC)


@pytest.mark.parametrize("case", [CaseStatus.PENDING, CaseStatus.IN_REVIEW])
def test_a_renewal_keeps_the_old_clearance_until_it_ends(case):
    trust = SitterTrustStatus(latest_case=case, cleared_at=NOW)
    assert trust.status_at(NOW + timedelta(days=360)) == VettingStatus.CLEARED
    assert trust.status_at(NOW + timedelta(days=366)) == VettingStatus(case.value)


def test_a_rejection_ends_a_clearance_at_once():
    trust = SitterTrustStatus(latest_case=CaseStatus.REJECTED, cleared_at=NOW, decided_at=NOW)
    assert trust.status_at(NOW + timedelta(days=1)) == VettingStatus.REJECTED
    assert not trust.holds_clearance_at(NOW + timedelta(days=1))


def test_after_a_rejection_one_waits_30_days():
    trust = SitterTrustStatus(latest_case=CaseStatus.REJECTED, decided_at=NOW)
    rule = trust.submission_at(NOW + timedelta(days=30) - timedelta(seconds=1))
    assert (rule.allowed, rule.code, rule.allowed_at) == (False, "vetting_cooldown", NOW + timedelta(days=30))
    assert trust.submission_at(NOW + timedelta(days=30)).allowed


def test_a_clearance_is_renewed_in_its_last_60_days():
    trust = SitterTrustStatus(latest_case=CaseStatus.CLEARED, cleared_at=NOW)
    opens = datetime(2027, 3, 1, 12, tzinfo=UTC) - timedelta(days=60)
    rule = trust.submission_at(opens - timedelta(seconds=1))
    assert (rule.allowed, rule.code, rule.allowed_at) == (False, "already_cleared", opens)
    assert trust.submission_at(opens).allowed
