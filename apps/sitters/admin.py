"""Trust & Safety's queue: cases that a person decides come first; sitters are to look at."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.accounts.selectors import belongs_to
from apps.common.admin import ConsoleAdmin
from apps.common.errors import DomainError
from apps.sitters import services as sitters
from apps.sitters.models import SitterProfile, VettingCase
from apps.sitters.states import CaseStatus

SEE_CASES = ("Trust & Safety",)
SEE_SITTERS = ("Trust & Safety", "Operations", "Support")
IN_REVIEW_FIRST = Case(When(status=CaseStatus.IN_REVIEW, then=Value(0)), default=Value(1), output_field=IntegerField())


@admin.register(VettingCase)
class VettingCaseAdmin(ConsoleAdmin):
    """The vetting queue."""

    list_display = ("public_id", "sitter", "status", "results", "submitted_at", "decided_at", "decided_by")
    list_filter = ("status",)
    list_select_related = ("sitter", "decided_by")
    search_fields = ("sitter__display_name__istartswith", "sitter__user__email__istartswith", "report_id")
    ordering = (IN_REVIEW_FIRST.asc(), "-id")
    fields = (
        "public_id", "sitter", "status", "results", "provider", "report_id", "consent_version",
        "consented_at", "submitted_at", "decided_at", "decided_by", "decision_reason",
    )  # fmt: skip
    readonly_fields = ("results",)
    actions = ("clear", "reject")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to who may look."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: VettingCase | None = None) -> bool:
        """Only Trust & Safety has a need to know why somebody was rejected."""
        return belongs_to(request.user, *SEE_CASES)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """The same people decide."""
        return belongs_to(request.user, *SEE_CASES)

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
        if "reason" not in request.POST:
            return self._ask_reason(request, cases, name)
        done = 0
        for case in cases:
            try:
                sitters.decide_case(
                    request.user, str(case.public_id), clear=name == "clear", reason=request.POST["reason"]
                )
                done += 1
            except DomainError as refusal:
                details = "; ".join(f"{key}: {value}" for key, value in refusal.details.items())
                self.message_user(request, f"{case.public_id}: {refusal.message} {details}", messages.ERROR)
        if done:
            self.message_user(request, f"{done} done: {name}.", messages.SUCCESS)
        return None

    def _ask_reason(self, request: HttpRequest, cases: QuerySet[VettingCase], name: str) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"{name.capitalize()} {len(cases)} vetting case(s)",
            "cases": cases,
            "action": name,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/sitters/decide.html", context)


@admin.register(SitterProfile)
class SitterProfileAdmin(ConsoleAdmin):
    """All sitters, newest first."""

    list_display = (
        "display_name", "user", "vetting_status", "trust_badge", "clearance_expires_at", "listed", "plan",
    )  # fmt: skip
    list_filter = ("vetting_status", "listed", "plan")
    list_select_related = ("user",)
    search_fields = ("display_name__istartswith", "user__email__istartswith")
    ordering = ("-id",)
    # The home's coordinates are nobody's business here: the blurred ones will do.
    exclude = ("lat", "lng")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to who may look."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: SitterProfile | None = None) -> bool:
        """Finance has no need to."""
        return belongs_to(request.user, *SEE_SITTERS)
