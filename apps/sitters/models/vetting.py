"""Vetting cases, their checks and the inbox of the provider's notices.

No name, date of birth, address or document is kept: only how the provider calls the case.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.sitters.models.profile import SitterProfile
from apps.sitters.states import OPEN_CASES, CaseStatus, CheckKind, CheckStatus, NoticeStatus


class VettingCase(PublicModel):
    """One paid submission to the provider."""

    sitter = models.ForeignKey(SitterProfile, on_delete=models.PROTECT, related_name="cases")
    provider = models.CharField(max_length=20)
    status = models.CharField(max_length=16, choices=CaseStatus, default=CaseStatus.SUBMITTING)
    candidate_id = models.CharField(max_length=64, blank=True)
    report_id = models.CharField(max_length=64, blank=True)
    consent_version = models.CharField(max_length=20)
    consented_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=1)
    # While this is in the future, one request is talking to the provider (real time).
    lease_until = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decision_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "sitters_vetting_case"
        constraints = [
            models.UniqueConstraint(
                fields=["sitter"],
                condition=Q(status__in=[status.value for status in OPEN_CASES]),
                name="sitters_vetting_one_open_case",
            ),
            models.UniqueConstraint(
                fields=["provider", "report_id"],
                condition=~Q(report_id=""),
                name="sitters_vetting_report_once",
            ),
            models.CheckConstraint(
                name="sitters_vetting_handed_over_has_reference",
                condition=Q(status="submitting") | ~Q(report_id=""),
            ),
            models.CheckConstraint(
                name="sitters_vetting_decided_has_instant",
                condition=~Q(status__in=["cleared", "rejected"]) | Q(decided_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["status", "checked_at"],
                name="sitters_vetting_waiting",
                condition=Q(status__in=["submitting", "pending"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sitter}: {self.get_status_display()}"

    @property
    def public_status(self) -> str:
        """The status as the API tells it: the hand-over is part of waiting."""
        handing_over = self.status == CaseStatus.SUBMITTING
        return CaseStatus.PENDING.value if handing_over else CaseStatus(self.status).value


class VettingCheck(models.Model):
    """The result of one check of one case."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(VettingCase, on_delete=models.PROTECT, related_name="checks")
    kind = models.CharField(max_length=20, choices=CheckKind)
    status = models.CharField(max_length=12, choices=CheckStatus, default=CheckStatus.PENDING)
    completed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sitters_vetting_check"
        ordering = ["case_id", "-kind"]
        constraints = [models.UniqueConstraint(fields=["case", "kind"], name="sitters_vetting_check_once")]


class CaseTransition(models.Model):
    """One move of a case. Append-only."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(VettingCase, on_delete=models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=16, choices=CaseStatus)
    to_status = models.CharField(max_length=16, choices=CaseStatus)
    cause = models.CharField(max_length=40)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=real_now)

    class Meta:
        db_table = "sitters_case_transition"


class VettingNotice(models.Model):
    """One authenticated webhook. Ids only: the report is fetched again, the payload is not kept."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=60)
    report_id = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=NoticeStatus, default=NoticeStatus.RECEIVED)
    why = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField(default=real_now)
    next_attempt_at = models.DateTimeField(default=real_now)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sitters_vetting_notice"
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="sitters_vetting_notice_once")]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                name="sitters_vetting_notice_due",
                condition=Q(status__in=["received", "parked"]),
            ),
            models.Index(fields=["provider", "report_id"], name="sitters_vetting_notice_of"),
        ]
