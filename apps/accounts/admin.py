"""People in the console: looked at by groups, suspended and reactivated with a reason."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.accounts import selectors
from apps.accounts.models import User
from apps.accounts.services import moderation
from apps.common.admin import ConsoleAdmin
from apps.common.errors import DomainError

SEE = ("Operations", "Trust & Safety", "Support")
MODERATE = ("Trust & Safety",)
Move = Callable[..., None]


@admin.register(User)
class UserAdmin(ConsoleAdmin):
    """Owners, sitters and staff, without their secrets."""

    list_display = ("email", "full_name", "role", "status", "two_factor_enabled", "created_at")
    list_filter = ("role", "status", "two_factor_enabled")
    search_fields = ("email__istartswith", "full_name__istartswith")
    search_help_text = "The beginning of an address or a name"
    ordering = ("-id",)
    fields = (
        "public_id",
        "email",
        "full_name",
        "phone",
        "role",
        "status",
        "two_factor_enabled",
        "email_verified_at",
        "is_staff",
        "groups",
        "created_at",
        "last_login",
    )
    actions = ("suspend", "reactivate")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to who may look."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Operations, Trust & Safety and Support look at people; Finance has no need to."""
        return selectors.belongs_to(request.user, *SEE)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Trust & Safety keeps people out and lets them in."""
        return selectors.belongs_to(request.user, *MODERATE)

    @admin.action(description="Suspend, with a reason", permissions=["moderate"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Suspend the chosen people; their sessions end."""
        return self._move(request, queryset, "suspend", moderation.suspend)

    @admin.action(description="Reactivate, with a reason", permissions=["moderate"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Let the chosen people back in."""
        return self._move(request, queryset, "reactivate", moderation.reactivate)

    def _move(self, request: HttpRequest, people: QuerySet[User], name: str, move: Move) -> HttpResponse | None:
        if "reason" not in request.POST:
            return self._ask_reason(request, people, name)
        done = 0
        for person in people:
            try:
                move(actor=request.user, user=person, reason=request.POST["reason"])
                done += 1
            except DomainError as refusal:
                self.message_user(request, f"{person.email}: {refusal.message}", messages.ERROR)
        if done:
            self.message_user(request, f"{done} done: {name}.", messages.SUCCESS)
        return None

    def _ask_reason(self, request: HttpRequest, people: QuerySet[User], name: str) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"{name.capitalize()} {people.count()} people",
            "people": people,
            "action": name,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/accounts/reason.html", context)
