"""Bookings and commission plans in the console: to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from apps.accounts import selectors as accounts
from apps.bookings.models import Booking, BookingTransition, CommissionPlan, ProblemReport
from apps.common.admin import ConsoleAdmin

SEE = ("Operations", "Support", "Trust & Safety", "Finance")


class LookedAtByStaff(ConsoleAdmin):
    """For all groups that answer questions about bookings."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to who may look."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """All groups look; nobody changes rows by hand."""
        return accounts.belongs_to(request.user, *SEE)


class TransitionInline(TabularInline):
    """Moves of the booking, by whom and why."""

    model = BookingTransition
    extra = 0
    can_delete = False
    ordering = ("id",)
    fields = ("happened_at", "old_status", "new_status", "actor_id", "reason")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """History is written by services."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who sees the booking sees its history."""
        return accounts.belongs_to(request.user, *SEE)


@admin.register(Booking)
class BookingAdmin(LookedAtByStaff):
    """All bookings, newest first; neither the PIN nor the owner's message is shown."""

    list_display = (
        "reference", "status", "escrow_status", "service", "start_date", "end_date",
        "total_minor", "currency", "owner", "sitter", "created_at",
    )  # fmt: skip
    list_filter = ("status", "escrow_status", "service")
    list_select_related = ("owner", "sitter")
    search_fields = ("=reference", "owner__email__istartswith")
    search_help_text = "A whole reference, or the beginning of the owner's address"
    ordering = ("-id",)
    exclude = ("start_pin", "message", "quote")
    inlines = (TransitionInline,)


@admin.register(CommissionPlan)
class CommissionPlanAdmin(LookedAtByStaff):
    """What PetWash takes; rates change by migration, so that each change has a review and a date."""

    list_display = ("code", "name", "owner_fee_pct", "sitter_fee_pct")
    ordering = ("code",)


@admin.register(ProblemReport)
class ProblemReportAdmin(LookedAtByStaff):
    """What owners reported; the freeze is lifted on the hold's page."""

    list_display = ("booking", "category", "reported_at")
    list_filter = ("category",)
    list_select_related = ("booking",)
    search_fields = ("=booking__reference",)
    ordering = ("-id",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who decides about it."""
        return accounts.belongs_to(request.user, "Trust & Safety", "Support")
