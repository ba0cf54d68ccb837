"""What goes over the wire: commands, the bridge that carries them, and messages that were put aside."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from apps.common.console_actions import with_reason
from apps.common.errors import Conflict
from apps.stations.admin.base import StationsAdmin
from apps.stations.models import BridgeShard, Command, DeadLetter
from apps.stations.services import dead_letters, replay
from apps.stations.shards import LOOP


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
