"""Protected payments in the console: looked at by groups, frozen and lifted with a reason."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.console_actions import with_reason
from apps.escrow.models import BlockerChange, DueChange, Hold, HoldTransition
from apps.escrow.services import StayPetEscrow

BLOCK = ("Finance", "Trust & Safety")


class TransitionInline(RowsInline):
    """Moves of the state."""

    model = HoldTransition
    fields = ("happened_at", "old_state", "new_state", "actor_id", "reason")
    ordering = ("id",)


class DueInline(RowsInline):
    """Changes of the due instant."""

    model = DueChange
    fields = ("happened_at", "old_due_at", "new_due_at", "actor_id", "reason")
    ordering = ("id",)


class BlockerInline(RowsInline):
    """Freezes, disputes and lifts."""

    model = BlockerChange
    fields = ("happened_at", "blocker", "set_on", "actor_id", "reason")
    ordering = ("id",)


@admin.register(Hold)
class HoldAdmin(StaffAdmin):
    """Every hold with what it holds, when it is due and what stops it; all look who answer questions about bookings."""

    seen_by = ("Finance", "Trust & Safety", "Operations", "Support")
    list_display = ("booking_id", "state", "stay", "owner_fee", "release_due_at", "frozen_at", "last_problem")
    list_filter = ("state", ("frozen_at", admin.EmptyFieldListFilter), ("disputed_at", admin.EmptyFieldListFilter))
    search_fields = ("=booking_id",)
    search_help_text = "A booking's whole id"
    ordering = ("-id",)
    exclude = ("payee_user",)
    inlines = (TransitionInline, DueInline, BlockerInline)
    actions = ("freeze", "lift")

    def has_block_permission(self, request: HttpRequest) -> bool:
        """Finance and Trust & Safety stop payouts."""
        return accounts.belongs_to(request.user, *BLOCK)

    @admin.action(description="Freeze, with a reason", permissions=["block"])
    def freeze(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Stop the chosen payouts."""

        def change(actor: Any, hold: Hold, reason: str) -> None:
            StayPetEscrow.freeze(booking_id=hold.booking_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "freeze", change, show=_shown)

    @admin.action(description="Lift the freeze, with a reason", permissions=["block"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Hold]) -> HttpResponse | None:
        """Let the chosen payouts go on."""

        def change(actor: Any, hold: Hold, reason: str) -> None:
            StayPetEscrow.lift(booking_id=hold.booking_id, actor=actor, reason=reason)

        return with_reason(self, request, queryset, "lift", change, show=_shown)


def _shown(hold: Hold) -> str:
    return f"Booking {hold.booking_id} ({hold.stay}, {hold.get_state_display()})"
