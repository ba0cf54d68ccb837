"""Trust & Safety's queue: cases that a person decides come first; sitters are to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse

from apps.accounts.console import StaffAdmin
from apps.common.console_actions import with_reason
from apps.sitters import services as sitters
from apps.sitters.models import SitterProfile, VettingCase
from apps.sitters.states import CaseStatus

IN_REVIEW_FIRST = Case(When(status=CaseStatus.IN_REVIEW, then=Value(0)), default=Value(1), output_field=IntegerField())


@admin.register(VettingCase)
class VettingCaseAdmin(StaffAdmin):
    """The vetting queue: only Trust & Safety has a need to know why somebody was rejected."""

    seen_by = ("Trust & Safety",)
    list_display = ("sitter", "status", "results", "submitted_at", "decided_at", "decided_by")
    list_filter = ("status",)
    list_select_related = ("sitter", "decided_by")
    search_help_text = "How the sitter's name or address begins, or a report's id"
    search_fields = ("sitter__display_name__istartswith", "sitter__user__email__istartswith", "report_id")
    ordering = (IN_REVIEW_FIRST.asc(), "-id")
    fields = (
        "public_id", "sitter", "status", "results", "provider", "report_id", "consent_version",
        "consented_at", "submitted_at", "decided_at", "decided_by", "decision_reason",
    )  # fmt: skip
    readonly_fields = ("results",)
    actions = ("clear", "reject")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """The same people decide."""
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[VettingCase]:
        """Return cases with their checks in one query more."""
        cases: QuerySet[VettingCase] = super().get_queryset(request)
        return cases.prefetch_related("checks")

    @admin.display(description="Results")
    def results(self, case: VettingCase) -> str:
        """Each check with its result."""
        return ", ".join(f"{check.get_kind_display()}: {check.get_status_display()}" for check in case.checks.all())

    @admin.action(description="Clear, with a reason", permissions=["decide"])
    def clear(self, request: HttpRequest, queryset: QuerySet[VettingCase]) -> HttpResponse | None:
        """Clear the chosen cases."""
        return self._decide(request, queryset, "clear")

    @admin.action(description="Reject, with a reason", permissions=["decide"])
    def reject(self, request: HttpRequest, queryset: QuerySet[VettingCase]) -> HttpResponse | None:
        """Reject the chosen cases."""
        return self._decide(request, queryset, "reject")

    def _decide(self, request: HttpRequest, cases: QuerySet[VettingCase], name: str) -> HttpResponse | None:
        def change(actor: Any, case: VettingCase, reason: str) -> None:
            sitters.decide_case(actor, str(case.public_id), clear=name == "clear", reason=reason)

        return with_reason(
            self, request, cases.select_related("sitter"), name, change,
            show=lambda case: f"{case.sitter} ({self.results(case)})",
            warning="A decision cannot be taken back: the next one needs a new case.",
            length=sitters.DECISION_REASON_LENGTH,
        )  # fmt: skip


@admin.register(SitterProfile)
class SitterProfileAdmin(StaffAdmin):
    """All sitters, newest first; Finance has no need to look."""

    seen_by = ("Trust & Safety", "Operations", "Support")
    list_display = (
        "display_name", "user", "vetting_status", "trust_badge", "clearance_expires_at", "listed", "plan",
    )  # fmt: skip
    list_filter = ("vetting_status", "listed", "plan")
    list_select_related = ("user",)
    search_fields = ("display_name__istartswith", "user__email__istartswith")
    ordering = ("-id",)
    # The home's coordinates are nobody's business here: the blurred ones will do.
    exclude = ("lat", "lng")
