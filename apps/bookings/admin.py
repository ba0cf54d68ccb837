"""Bookings in the console: to look at, and to settle what became of stays that nobody started."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.bookings import services
from apps.bookings.models import (
    Booking,
    BookingTransition,
    NoShowEntry,
    NoShowReport,
    NoShowReview,
    ProblemReport,
)
from apps.bookings.services.no_shows import WHO_MAY
from apps.bookings.states import Attendance
from apps.common.admin import RowsInline
from apps.common.console_actions import with_reason
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


class NoShowReportInline(RowsInline):
    """What each of the two says."""

    model = NoShowReport
    related = ("reporter",)
    ordering = ("id",)
    fields = ("reported_at", "by_owner", "reporter", "who", "note")


class NoShowEntryInline(RowsInline):
    """Steps of the review, by whom and why."""

    model = NoShowEntry
    related = ("actor",)
    ordering = ("id",)
    fields = ("happened_at", "step", "actor", "reason")


class OpenFilter(admin.SimpleListFilter):
    """Open reviews first of all: each keeps a booking's money."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The two that matter."""
        return [("open", "Open"), ("settled", "Settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Open, settled, or both."""
        if self.value() == "open":
            return queryset.filter(outcome="")
        return queryset.exclude(outcome="") if self.value() == "settled" else queryset


@admin.register(NoShowReview)
class NoShowReviewAdmin(StaffAdmin):
    """Stays that nobody started: what both say, and what staff decides with a reason."""

    seen_by = WHO_MAY
    list_display = ("booking", "opened_at", "owner_says", "sitter_says", "outcome", "settled_at", "settled_by")
    list_filter = (OpenFilter, "outcome")
    list_select_related = ("booking", "settled_by")
    search_fields = ("=booking__reference",)
    ordering = ("-id",)
    fields = ("booking", "public_id", "opened_at", "outcome", "settled_at", "settled_by")
    inlines = (NoShowReportInline, NoShowEntryInline)
    actions = ("owner_absent", "sitter_absent", "took_place")

    def get_queryset(self, request: HttpRequest) -> QuerySet[NoShowReview]:
        """Return the reviews with what was said, in one more query for all of them."""
        rows: QuerySet[NoShowReview] = super().get_queryset(request)
        return rows.prefetch_related("reports")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whoever may decide."""
        return accounts.belongs_to(request.user, *WHO_MAY)

    @admin.display(description="The owner says")
    def owner_says(self, review: NoShowReview) -> str:
        """The owner's word."""
        return self._said(review, by_owner=True)

    @admin.display(description="The sitter says")
    def sitter_says(self, review: NoShowReview) -> str:
        """The sitter's word."""
        return self._said(review, by_owner=False)

    @admin.action(description="Settle: the owner did not come", permissions=["decide"])
    def owner_absent(self, request: HttpRequest, queryset: QuerySet[NoShowReview]) -> HttpResponse | None:
        """Pay the sitter in full."""
        warning = "The sitter is paid the whole stay less our fee after the hold. Nothing goes back to the owner."
        return self._settle(request, queryset, Attendance.OWNER_ABSENT, warning)

    @admin.action(description="Settle: the sitter was not there", permissions=["decide"])
    def sitter_absent(self, request: HttpRequest, queryset: QuerySet[NoShowReview]) -> HttpResponse | None:
        """Give the owner everything back."""
        warning = "The owner gets everything back at once, and the sitter's public profile counts it."
        return self._settle(request, queryset, Attendance.SITTER_ABSENT, warning)

    @admin.action(description="Settle: the stay took place", permissions=["decide"])
    def took_place(self, request: HttpRequest, queryset: QuerySet[NoShowReview]) -> HttpResponse | None:
        """Go on as if it had been started."""
        warning = "A stay whose end is past is completed, and the sitter is paid after the hold; another one goes on."
        return self._settle(request, queryset, Attendance.TOOK_PLACE, warning)

    def _settle(
        self, request: HttpRequest, queryset: QuerySet[NoShowReview], outcome: Attendance, warning: str
    ) -> HttpResponse | None:
        def change(actor: Any, review: NoShowReview, reason: str) -> None:
            services.decide_no_show(actor=actor, review_id=str(review.public_id), outcome=outcome, reason=reason)

        return with_reason(self, request, queryset, f"settle: {outcome.label.lower()}", change, warning=warning)

    @staticmethod
    def _said(review: NoShowReview, *, by_owner: bool) -> str:
        return next((str(report) for report in review.reports.all() if report.by_owner == by_owner), "")
