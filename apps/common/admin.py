"""The console's base: read-only by default, no counting of huge tables."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from apps.common import relay
from apps.common.console_columns import NamingChangeList, name_column
from apps.common.models import AuditEntry, Heartbeat, OutboxEvent

ACTOR = name_column("actor_id", "user", "Actor")


class ConsoleAdmin(ModelAdmin):
    """Base of every console list: looks, does not touch.

    Changes happen through actions that call a service with the actor and a reason.
    """

    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    list_fullwidth = True
    actions_on_top = True
    # Fields with an id of another app's row -> the kind by which that app names it.
    named: ClassVar[dict[str, str]] = {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that finds names in bulk."""
        return NamingChangeList

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come from services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows change through services."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows stay."""
        return False


class RowsInline(TabularInline):
    """Base of the rows below an object: whoever sees the object sees them, nobody touches them."""

    extra = 0
    can_delete = False
    hide_title = True
    # What the rows point to, so that showing it costs no query a row.
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows with what they point to, in one query."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.related) if self.related else rows

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come from services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows change through services."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All that is shown."""
        return self.fields or ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the object's page decides."""
        return bool(self.admin_site.get_model_admin(self.parent_model).has_view_permission(request, obj))


@admin.register(OutboxEvent)
class OutboxEventAdmin(ConsoleAdmin):
    """Events and dead letters; the payload holds ids and is shown."""

    list_display = (
        "id",
        "name",
        "published_at",
        "delivered_at",
        "attempts",
        "dead_at",
        "last_error",
    )
    list_filter = (
        "name",
        ("dead_at", admin.EmptyFieldListFilter),
        ("delivered_at", admin.EmptyFieldListFilter),
    )
    ordering = ("-id",)
    actions = ("send_again",)

    @admin.action(description="Send dead letters again", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        """Give the chosen dead letters a new life."""
        count = relay.send_again(list(queryset.values_list("id", flat=True)))
        self.message_user(request, f"{count} events will be delivered again.")


@admin.register(AuditEntry)
class AuditEntryAdmin(ConsoleAdmin):
    """Who did what, and why."""

    list_display = ("happened_at", ACTOR, "action", "subject", "reason")
    list_filter = ("action",)
    search_fields = ("subject",)
    search_help_text = "Any part of a subject"
    named: ClassVar[dict[str, str]] = {"actor_id": "user"}
    readonly_fields = (ACTOR,)
    fields = ("happened_at", ACTOR, "action", "subject", "reason", "facts", "request_id")
    ordering = ("-id",)


@admin.register(Heartbeat)
class HeartbeatAdmin(ConsoleAdmin):
    """Background loops."""

    list_display = ("name", "beaten_at")
