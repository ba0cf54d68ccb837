"""Protected payments in the console: looked at by groups, frozen and lifted with a reason."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import TabularInline

from apps.accounts import selectors as accounts
from apps.common.admin import ConsoleAdmin
from apps.common.errors import DomainError
from apps.escrow.models import BlockerChange, DueChange, Hold, HoldTransition
from apps.escrow.services import StayPetEscrow

SEE = ("Finance", "Trust & Safety", "Operations", "Support")
BLOCK = ("Finance", "Trust & Safety")


class HistoryInline(TabularInline):
    """Append-only history, to look at."""

    extra = 0
    can_delete = False
    ordering = ("id",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History is written by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History stays."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees the hold sees its history."""
        return accounts.belongs_to(request.user, *SEE)


class TransitionInline(HistoryInline):
    """Moves of the state."""

    model = HoldTransition
    fields = ("happened_at", "old_state", "new_state", "actor_id", "reason")
    readonly_fields = fields


class DueInline(HistoryInline):
    """Changes of the due instant."""

    model = DueChange
    fields = ("happened_at", "old_due_at", "new_due_at", "actor_id", "reason")
    readonly_fields = fields


class BlockerInline(HistoryInline):
    """Freezes, disputes and lifts."""

    model = BlockerChange
    fields = ("happened_at", "blocker", "set_on", "actor_id", "reason")
    readonly_fields = fields


@admin.register(Hold)
class HoldAdmin(ConsoleAdmin):
    """Every hold with what it holds, when it is due and what stops it."""

    list_display = ("booking_id", "state", "stay", "owner_fee", "release_due_at", "frozen_at", "last_problem")
    list_filter = ("state", ("frozen_at", admin.EmptyFieldListFilter), ("disputed_at", admin.EmptyFieldListFilter))
    search_fields = ("=booking_id",)
    search_help_text = "A booking's whole id"
    ordering = ("-id",)
    exclude = ("payee_user",)
    inlines = (TransitionInline, DueInline, BlockerInline)
    actions = ("freeze", "lift")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to who may look."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Hold | None = None) -> bool:
        """All who answer questions about bookings."""
        return accounts.belongs_to(request.user, *SEE)

    def has_block_permission(self, request: HttpRequest) -> bool:
        """Finance and Trust & Safety stop payouts."""
        return accounts.belongs_to(request.user, *BLOCK)

    @admin.action(description="Freeze, with a reason", permissions=["block"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Stop the chosen payouts."""
        return self._change(request, queryset, "freeze", StayPetEscrow.freeze)

    @admin.action(description="Lift the freeze, with a reason", permissions=["block"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Let the chosen payouts go on."""
        return self._change(request, queryset, "lift", StayPetEscrow.lift)

    def _change(
        self, request: HttpRequest, holds: QuerySet[Hold], name: str, change: Callable[..., Any]
    ) -> HttpResponse | None:
        if "reason" not in request.POST:
            return self._ask_reason(request, holds, name)
        done = 0
        for booking_id in list(holds.values_list("booking_id", flat=True)):
            try:
                change(booking_id=booking_id, actor=request.user, reason=request.POST["reason"])
                done += 1
            except DomainError as refusal:
                self.message_user(request, f"{booking_id}: {refusal.message}", messages.ERROR)
        if done:
            self.message_user(request, f"{done} done: {name}.", messages.SUCCESS)
        return None

    def _ask_reason(self, request: HttpRequest, holds: QuerySet[Hold], name: str) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"{name.capitalize()} {holds.count()} payments",
            "holds": holds,
            "action": name,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/escrow/reason.html", context)
