"""Bookings and commission plans in the console: to look at."""

from typing import ClassVar

from django.contrib import admin

from apps.accounts.console import StaffAdmin
from apps.bookings.models import Booking, BookingTransition, ProblemReport
from apps.common.admin import RowsInline
from apps.common.console_columns import money_column

AMOUNTS = (
    money_column("total_minor", "Total"),
    money_column("subtotal_minor", "Stay"),
    money_column("owner_fee_minor", "Owner's fee"),
    money_column("sitter_fee_minor", "Sitter's fee"),
)


class LookedAtByStaff(StaffAdmin):
    """For all groups that answer questions about bookings."""

    seen_by: ClassVar[tuple[str, ...]] = ("Operations", "Support", "Trust & Safety", "Finance")


class TransitionInline(RowsInline):
    """Moves of the booking, by whom and why."""

    model = BookingTransition
    related = ("actor",)
    ordering = ("id",)
    fields = ("happened_at", "old_status", "new_status", "actor", "reason")


@admin.register(Booking)
class BookingAdmin(LookedAtByStaff):
    """All bookings, newest first; neither the PIN nor the owner's message is shown."""

    list_display = (
        "reference", "status", "escrow_status", "nights", AMOUNTS[0], "owner", "sitter", "service",
    )  # fmt: skip
    list_filter = ("status", "escrow_status", "service")
    list_select_related = ("owner", "sitter")
    search_fields = ("=reference", "owner__email__istartswith", "sitter__display_name__istartswith")
    search_help_text = "A whole reference, or how the owner's address or the sitter's name begins"
    ordering = ("-id",)
    readonly_fields = AMOUNTS
    fields = (
        "reference", "public_id", "status", "escrow_status", "owner", "sitter", "service", "pet_count",
        "start_date", "end_date", "timezone", "scheduled_start_at", "scheduled_end_at",
        *AMOUNTS, "owner_fee_pct", "sitter_fee_pct", "cancellation_policy", "created_at", "hold_expires_at",
        "requested_at", "answer_due_at", "confirmed_at", "started_at", "completed_at", "pin_failures",
        "pin_locked_until",
    )  # fmt: skip
    inlines = (TransitionInline,)

    @admin.display(description="Stay", ordering="start_date")
    def nights(self, booking: Booking) -> str:
        """The first and the last day."""
        return f"{booking.start_date:%d %b} to {booking.end_date:%d %b %Y}"


@admin.register(ProblemReport)
class ProblemReportAdmin(LookedAtByStaff):
    """What owners reported, for who decides about it; the freeze is lifted on the hold's page."""

    seen_by = ("Trust & Safety", "Support")
    list_display = ("booking", "category", "reported_at")
    list_filter = ("category",)
    list_select_related = ("booking",)
    search_fields = ("=booking__reference",)
    ordering = ("-id",)
