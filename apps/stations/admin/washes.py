"""Washes in the console, with all that was paid, said and given back."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from apps.common.admin import RowsInline
from apps.common.console_columns import money_column
from apps.stations.admin.base import StationsAdmin
from apps.stations.models import (
    Command,
    StationEvent,
    TopUp,
    Wash,
    WashMove,
    WashRefund,
    WashTransition,
)
from apps.stations.services import staff

PRICE = money_column("amount_minor", "Price")
PART = money_column("amount_minor", "Amount")
REFUNDED = money_column("refunded_minor", "Refunded")
TOPPED_UP = money_column("topped_up_minor", "Topped up")


class TransitionRow(RowsInline):
    """The story of a wash."""

    model = WashTransition
    fields = ("at", "from_status", "to_status", "reason")


class TopUpRow(RowsInline):
    """Seconds that were added to a wash."""

    model = TopUp
    fields = ("created_at", "status", "expected_total", "add_seconds", PRICE, "reason", "payment_id", "goodwill")


class RefundRow(RowsInline):
    """What goes back of each payment."""

    model = WashRefund
    fields = ("created_at", "status", PART, "payment_id", "refund_id")


class MoveRow(RowsInline):
    """Bays that a wash has left after a fault."""

    model = WashMove
    related = ("from_bay", "to_bay")
    fields = ("at", "from_bay", "to_bay", "carried_seconds")
    fk_name = "wash"


class CommandRow(RowsInline):
    """What the station was told about a wash."""

    model = Command
    fields = ("created_at", "type", "attempts", "expires_at", "acked_at", "result", "reason")


class EventRow(RowsInline):
    """What the station said about a wash."""

    model = StationEvent
    fields = ("occurred_at", "received_at", "type", "payload", "offline")


@admin.register(Wash)
class WashAdmin(StationsAdmin):
    """Washes with their whole story; the customer is nobody we know."""

    list_display = (
        "created_at",
        "bay_name",
        "program",
        "status",
        PRICE,
        REFUNDED,
        "reason",
        "public_id",
    )
    list_filter = ("status", "goodwill", "bay__station")
    list_select_related = ("bay__station", "program")
    search_fields = ("public_id__exact", "payment_id__exact")
    search_help_text = "A wash's or a payment's whole id"
    ordering = ("-id",)
    readonly_fields = (PRICE, TOPPED_UP, REFUNDED)
    fields = (
        "public_id",
        "bay_name",
        "program",
        "status",
        "reason",
        "total_seconds",
        "seconds_used",
        PRICE,
        TOPPED_UP,
        REFUNDED,
        "payment_id",
        "refund_id",
        "goodwill",
        "created_at",
        "paid_at",
        "started_at",
        "ended_at",
    )
    inlines = (TransitionRow, TopUpRow, MoveRow, RefundRow, CommandRow, EventRow)
    actions = ("write_off",)

    @admin.action(description="Write off and refund unused seconds, with a reason", permissions=["act"])
    def write_off(self, request: HttpRequest, queryset: QuerySet[Wash]) -> HttpResponse | None:
        """End the chosen washes by hand."""
        return self.by_id(request, queryset.select_related("bay__station"), "write off", staff.write_off)

    @admin.display(description="bay")
    def bay_name(self, wash: Wash) -> str:
        """Name the bay with its station."""
        return f"{wash.bay.station.slug} / {wash.bay.number}"
