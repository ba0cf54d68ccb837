"""The trust engine: from check results to a sitter's status and badge. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.sitters.states import CaseStatus, CheckKind, CheckStatus, TrustBadge, VettingStatus

REQUIRED_CHECKS = (CheckKind.IDENTITY, CheckKind.CRIMINAL_HISTORY)

# House policy. A rejected applicant may try again after this much elapsed time.
REAPPLY_AFTER = timedelta(days=30)
# House policy. A clearance may be renewed this long before it ends, so that no gap opens.
RENEW_BEFORE = timedelta(days=60)


def one_year_after(moment: datetime) -> datetime:
    """Return the same instant of the next calendar year; 29 February becomes 28 February."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)


@dataclass(frozen=True)
class SubmissionRule:
    """Whether a new case may be opened; when not, why and from when."""

    allowed: bool
    code: str = ""
    allowed_at: datetime | None = None


@dataclass(frozen=True)
class SitterTrustStatus:
    """What a sitter's vetting history means at an instant.

    `latest_case` is the status of the newest case that the provider confirmed, `cleared_at` the
    instant of the newest clearance, `decided_at` the instant at which the newest case ended.

    Rules and their sources:
    - a clearance lasts one calendar year, then the checks are repeated (house policy; a criminal
      record check describes only the day it was made);
    - identity that cannot be confirmed rejects, because every other check hangs on it;
    - an entry in a criminal history never rejects by itself: a person weighs its nature, its
      age and the work (EEOC Enforcement Guidance on Arrest and Conviction Records, 2012; the
      individual assessment before adverse action under 15 U.S.C. 1681b(b)(3));
    - a check that the provider cancelled proves nothing, so a person decides as well;
    - nothing is decided while a required check is still running.
    """

    latest_case: CaseStatus | None = None
    cleared_at: datetime | None = None
    decided_at: datetime | None = None

    @staticmethod
    def verdict(checks: Mapping[CheckKind, CheckStatus]) -> CaseStatus:
        """Return the status that a case has by its check results alone."""
        results = {kind: checks.get(kind, CheckStatus.PENDING) for kind in REQUIRED_CHECKS}
        if CheckStatus.PENDING in results.values():
            return CaseStatus.PENDING
        if results[CheckKind.IDENTITY] == CheckStatus.FAILED:
            return CaseStatus.REJECTED
        if all(result == CheckStatus.CLEAR for result in results.values()):
            return CaseStatus.CLEARED
        return CaseStatus.IN_REVIEW

    @staticmethod
    def merge(known: CheckStatus, reported: CheckStatus) -> CheckStatus:
        """Return the result to keep: an answer that overtook a newer one never undoes it."""
        return known if reported == CheckStatus.PENDING else reported

    @property
    def expires_at(self) -> datetime | None:
        """The instant at which the newest clearance ends."""
        return one_year_after(self.cleared_at) if self.cleared_at else None

    def holds_clearance_at(self, now: datetime) -> bool:
        """Tell whether a clearance is in force; a later rejection ends it at once."""
        if self.latest_case == CaseStatus.REJECTED or self.expires_at is None:
            return False
        return now < self.expires_at

    def status_at(self, now: datetime) -> VettingStatus:
        """Return the sitter's vetting status at `now`."""
        if self.latest_case == CaseStatus.REJECTED:
            return VettingStatus.REJECTED
        if self.holds_clearance_at(now):
            return VettingStatus.CLEARED
        if self.latest_case == CaseStatus.PENDING:
            return VettingStatus.PENDING
        if self.latest_case == CaseStatus.IN_REVIEW:
            return VettingStatus.IN_REVIEW
        return VettingStatus.EXPIRED if self.cleared_at else VettingStatus.NOT_SUBMITTED

    def badge_at(self, now: datetime) -> TrustBadge:
        """Return the badge that owners see at `now`."""
        cleared = self.status_at(now) == VettingStatus.CLEARED
        return TrustBadge.VETTED if cleared else TrustBadge.NONE

    def submission_at(self, now: datetime) -> SubmissionRule:
        """Tell whether a new case may be opened when none is open."""
        if self.latest_case == CaseStatus.REJECTED and self.decided_at is not None:
            allowed_at = self.decided_at + REAPPLY_AFTER
            if now < allowed_at:
                return SubmissionRule(False, "vetting_cooldown", allowed_at)
        if self.holds_clearance_at(now) and self.expires_at is not None:
            allowed_at = self.expires_at - RENEW_BEFORE
            if now < allowed_at:
                return SubmissionRule(False, "already_cleared", allowed_at)
        return SubmissionRule(True)
