"""Stations in the console: looked at by Operations and Support; alerts are taken on and cleared with a reason."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import action

from apps.accounts import selectors as accounts
from apps.accounts.console import StaffAdmin
from apps.common.admin import RowsInline
from apps.common.console_actions import with_reason
from apps.common.console_columns import money_column
from apps.common.errors import Conflict
from apps.stations import admin_operations  # noqa: F401 - its pages are registered with these
from apps.stations.bay_codes import code_svg, codes_pdf
from apps.stations.hours import WEEKDAYS, write_spans
from apps.stations.models import (
    Alert,
    AlertEntry,
    Bay,
    BridgeShard,
    Command,
    DeadLetter,
    Program,
    Station,
    StationEvent,
    Tank,
    TopUp,
    Wash,
    WashMove,
    WashRefund,
    WashTransition,
)
from apps.stations.services import alerts, bay_locks, codes, dead_letters, presence, provisioning, replay, staff
from apps.stations.shards import LOOP

ACT = ("Operations",)
MOST_SHEETS = 100
Change = Callable[..., Any]
PRICE = money_column("amount_minor", "Price")
PART = money_column("amount_minor", "Amount")
REFUNDED = money_column("refunded_minor", "Refunded")
TOPPED_UP = money_column("topped_up_minor", "Topped up")
PROGRAM_PRICE = money_column("price_minor", "Price")


class StationsAdmin(StaffAdmin):
    """Base of this app's lists: Operations run the stations, Support answers customers."""

    seen_by = ("Operations", "Support")

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Operations answer for washes and alerts."""
        return accounts.belongs_to(request.user, *ACT)

    def by_id(
        self, request: HttpRequest, chosen: QuerySet[Any], verb: str, change: Change, *, warning: str = ""
    ) -> HttpResponse | None:
        """Ask for a reason, then call the service with the id of each chosen row."""

        def act(actor: Any, row: Any, reason: str) -> None:
            change(actor, str(row.public_id), reason=reason)

        return with_reason(self, request, chosen, verb, act, warning=warning)


def sheets(page: StationsAdmin, request: HttpRequest, bays: QuerySet[Bay]) -> HttpResponse | None:
    """Answer one printable page a bay; a choice without bays, or too large for one paper, is told."""
    chosen = list(bays.select_related("station").order_by("station__slug", "number")[: MOST_SHEETS + 1])
    if not 0 < len(chosen) <= MOST_SHEETS:
        page.message_user(request, f"Choose 1 to {MOST_SHEETS} bays.", messages.ERROR)
        return None
    printed = codes.print_codes(bays=chosen, actor=request.user)
    return download(codes_pdf(printed, settings.COMPANY_NAME), "application/pdf", "bay-codes.pdf")


def download(content: bytes | str, kind: str, name: str) -> HttpResponse:
    """Answer a file that is nobody else's."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)


class BayRow(RowsInline):
    """Bays of a station."""

    model = Bay
    fields = ("number", "state", "seconds_left", "fault", "locked_at", "presence_code", "reported_at")


class TankRow(RowsInline):
    """Tanks of a station."""

    model = Tank
    fields = ("chemical", "level_ml", "capacity_ml", "status", "warning_pct", "critical_pct", "reported_at")


class ProgramRow(RowsInline):
    """Programs of a station."""

    model = Program
    fields = ("code", "name", "seconds", PROGRAM_PRICE, "ml", "active")


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


class EntryRow(RowsInline):
    """Who did what with an alert."""

    model = AlertEntry
    related = ("actor",)
    fields = ("at", "change", "severity", "actor", "reason")


@admin.register(Station)
class StationAdmin(StationsAdmin):
    """Stations with bays, tanks and programs; never their credentials."""

    list_display = ("slug", "name", "place", "zone", "online", "firmware", "last_seen_at", "revoked_at", "figures")
    list_filter = ("online", "zone")
    search_fields = ("slug__istartswith", "name__istartswith")
    ordering = ("slug",)
    fields = (
        "slug",
        "name",
        "place",
        "zone",
        "timezone",
        "open_when",
        "online",
        "epoch",
        "boot",
        "firmware",
        "last_seen_at",
        "revoked_at",
        "messages_over_limit",
        "over_limit_at",
    )
    readonly_fields = ("open_when",)
    inlines = (BayRow, TankRow, ProgramRow)
    actions = ("print_station_codes", "revoke")
    actions_detail = ("charts",)

    @action(description="Charts of levels and washes", url_path="charts", permissions=["view"])  # type: ignore[untyped-decorator]  # unfold is untyped
    def charts(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Go to the station's figures."""
        station = get_object_or_404(Station, pk=object_id)
        return HttpResponseRedirect(reverse("admin:stations_figures", args=[station.slug]))

    @admin.action(description="Print codes (PDF)", permissions=["act"])
    def print_station_codes(self, request: HttpRequest, queryset: QuerySet[Station]) -> HttpResponse | None:
        """Answer the sheets of every bay of the chosen stations."""
        return sheets(self, request, Bay.objects.filter(station__in=queryset))

    @admin.display(description="Opening hours")
    def open_when(self, station: Station) -> str:
        """Tell the week and the dates that differ, a line each."""
        hours = station.opening_hours
        week = [f"{name.title()} {write_spans(spans)}" for name, spans in zip(WEEKDAYS, hours.week or (), strict=False)]
        dates = [f"{day} {write_spans(spans)}" for day, spans in sorted(hours.dates.items())]
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in [*(week or ["Always"]), *dates]))

    @admin.display(description="Figures")
    def figures(self, station: Station) -> str:
        """Lead to the charts, and from there to visits and the zone."""
        return format_html('<a href="{}">Charts</a>', reverse("admin:stations_figures", args=[station.slug]))

    @admin.action(description="Revoke, with a reason", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Station]) -> HttpResponse | None:
        """Cut the chosen stations off, as for a stolen device."""

        def cut_off(actor: Any, station: Station, reason: str) -> None:
            provisioning.revoke_station(slug=station.slug, actor=actor, reason=reason)

        return with_reason(
            self,
            request,
            queryset,
            "revoke",
            cut_off,
            warning="The broker drops the station at once. New credentials have to be typed in at the device.",
        )


@admin.register(Bay)
class BayAdmin(StationsAdmin):
    """Bays as they last reported."""

    list_display = ("station", "number", "state", "seconds_left", "fault", "locked_at", "presence_code", "reported_at")
    list_filter = ("state", ("locked_at", admin.EmptyFieldListFilter), "station")
    list_select_related = ("station",)
    fields = (
        "public_id",
        "station",
        "number",
        "state",
        "seconds_left",
        "fault",
        "failed_starts",
        "locked_at",
        "presence_code",
        "boot",
        "seq",
        "reported_at",
    )
    actions = ("unlock", "identify", "ask_for_code", "ask_for_no_code", "print_codes", "picture_of_code", "revoke_code")

    @admin.action(description="Print codes (PDF)", permissions=["act"])
    def print_codes(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Answer the sheets of the chosen bays."""
        return sheets(self, request, queryset)

    @admin.action(description="Picture of the code (SVG)", permissions=["act"])
    def picture_of_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Answer the one chosen bay's code for signs that are made elsewhere."""
        chosen = list(queryset.select_related("station")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one bay: each has a picture of its own.", messages.ERROR)
            return None
        [code] = codes.print_codes(bays=chosen, actor=request.user)
        return download(code_svg(code), "image/svg+xml", f"{chosen[0].station.slug}-bay-{code.bay}.svg")

    @admin.action(description="Revoke printed codes, with a reason", permissions=["act"])
    def revoke_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Make every print of the chosen bays worthless."""
        warning = "Customers who scan the old print are told that it is no longer valid. Put up a new one at once."
        chosen = queryset.select_related("station")
        return self.by_id(request, chosen, "revoke the codes", codes.revoke_code, warning=warning)

    @admin.action(description="Unlock for sale, with a reason", permissions=["act"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Sell the chosen bays again."""
        return self.by_id(request, queryset.select_related("station"), "unlock", bay_locks.unlock_by_hand)

    @admin.action(description="Let it blink; an answer unlocks it, with a reason", permissions=["act"])
    def identify(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Ask the chosen bays whether they are there."""
        return self.by_id(request, queryset.select_related("station"), "identify", bay_locks.identify)

    @admin.action(description="Ask buyers for the display's code, with a reason", permissions=["act"])
    def ask_for_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Sell only to who stands before the display."""
        return self.by_id(request, queryset.select_related("station"), "ask for the code", presence.ask_for_code)

    @admin.action(description="Ask for no code, with a reason", permissions=["act"])
    def ask_for_no_code(self, request: HttpRequest, queryset: QuerySet[Bay]) -> HttpResponse | None:
        """Sell without a code, as when a display is broken."""
        return self.by_id(request, queryset.select_related("station"), "ask for no code", presence.ask_for_no_code)


@admin.register(Tank)
class TankAdmin(StationsAdmin):
    """Levels against thresholds."""

    list_display = (
        "station",
        "chemical",
        "level_pct",
        "level_ml",
        "capacity_ml",
        "warning_pct",
        "critical_pct",
        "status",
        "reported_at",
    )
    list_filter = ("status", "chemical", "station")
    list_select_related = ("station",)
    actions = ("set_thresholds",)

    @admin.action(description="Set thresholds, with a reason", permissions=["act"])
    def set_thresholds(self, request: HttpRequest, queryset: QuerySet[Tank]) -> HttpResponse | None:
        """Open the form of the one chosen tank."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one tank: each has thresholds of its own.", messages.ERROR)
            return None
        return HttpResponseRedirect(reverse("admin:stations_thresholds", args=[chosen[0].pk]))


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


@admin.register(Alert)
class AlertAdmin(StationsAdmin):
    """Trouble: taken on and cleared by Operations."""

    list_display = ("station", "component", "severity", "level_pct", "raised_at", "acknowledged_at", "cleared_at")
    list_filter = (("cleared_at", admin.EmptyFieldListFilter), "severity", "station")
    list_select_related = ("station",)
    ordering = ("-id",)
    inlines = (EntryRow,)
    actions = ("acknowledge", "escalate", "clear")

    @admin.action(description="Acknowledge, with a reason", permissions=["act"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """Say that somebody looks after the chosen alerts."""
        return self.by_id(request, queryset.select_related("station"), "acknowledge", alerts.acknowledge)

    @admin.action(description="Make critical, with a reason", permissions=["act"])
    def escalate(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """Say that the chosen alerts are worse than they look."""
        return self.by_id(request, queryset.select_related("station"), "make critical", alerts.escalate)

    @admin.action(description="Clear, with a reason", permissions=["act"])
    def clear(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """Close the chosen alerts; a level that is still low comes back with the next sweep."""
        return self.by_id(request, queryset.select_related("station"), "clear", alerts.clear)


@admin.register(Command)
class CommandAdmin(StationsAdmin):
    """What stations were told, and what they answered."""

    list_display = ("ulid", "station", "type", "created_at", "attempts", "acked_at", "result", "reason")
    list_filter = ("type", "result", "station")
    list_select_related = ("station",)
    ordering = ("-id",)


@admin.register(BridgeShard)
class BridgeShardAdmin(StationsAdmin):
    """Whether the bridge turns, and what each of its lanes does."""

    list_display = ("name", "beaten_at", "money", "telemetry")
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> QuerySet[BridgeShard]:
        """Leave other loops out."""
        rows: QuerySet[BridgeShard] = super().get_queryset(request)
        return rows.filter(Q(name=LOOP) | Q(name__startswith=f"{LOOP}:"))

    @admin.display(description="Events, acks, alerts")
    def money(self, shard: BridgeShard) -> str:
        """Tell of the lane that washes depend on."""
        return lane_in_words(shard.facts, "money")

    @admin.display(description="States, levels")
    def telemetry(self, shard: BridgeShard) -> str:
        """Tell of the other one."""
        return lane_in_words(shard.facts, "telemetry")


def lane_in_words(facts: dict[str, Any], lane: str) -> str:
    """Return a lane's figures as a line; a shard that has told none is unknown."""
    told = facts.get("lanes", {}).get(lane)
    if told is None:
        return "unknown"
    dead = sum(told["dead"].values())
    return (
        f"{told['rate']:g}/s, lag {told['lag_seconds']:g} s, {told['queue']} wait"
        f" (the oldest {told['oldest_seconds']:g} s), {dead} dead letters"
    )


@admin.register(DeadLetter)
class DeadLetterAdmin(StationsAdmin):
    """Messages that were put aside, with the reason; they can be taken again once it is gone."""

    list_display = ("id", "received_at", "topic", "reason", "tried_at", "outcome", "taken_at")
    list_filter = (("taken_at", admin.EmptyFieldListFilter),)
    ordering = ("-id",)
    actions = ("replay",)

    @admin.action(description="Take again, with a reason", permissions=["act"])
    def replay(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> HttpResponse | None:
        """Send the chosen messages through the intake once more."""

        def again(actor: Any, letter: DeadLetter, reason: str) -> None:
            after = replay.replay(actor, letter.pk, reason=reason)
            if after.taken_at is None:
                raise Conflict("refused_again", f"The message was {after.outcome}.")

        warning = "Each message does now what it would have done then. Oldest first, and none twice."
        with dead_letters.kept():
            return with_reason(self, request, queryset.order_by("id"), "take again", again, warning=warning)
