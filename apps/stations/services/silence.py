"""Stations that pass for online and say nothing: they are asked, and count as gone when they do not answer.

The broker tells of a death (the last will), but a broker that crashed or that a station lost on its way tells nothing.
Silence alone proves little, for it may be ours: a station is gone only when a question left us and had no answer.
"""

from datetime import datetime, timedelta

from django.db import transaction

from apps.common import events
from apps.common.clock import real_now
from apps.stations.events import StationChanged
from apps.stations.models import Command, Station
from apps.stations.services import commands
from apps.stations.states import CommandType

QUIET_AFTER = timedelta(seconds=90)
"""Three times what a station may be silent for: it repeats what it keeps at least every 30 seconds."""
BATCH = 200


def sweep_silence() -> int:
    """Ask quiet stations for a sign of life; those that did not give one are offline. Return how many those are."""
    long_ago = real_now() - QUIET_AFTER
    quiet = Station.objects.filter(online=True, revoked_at=None, last_seen_at__lt=long_ago).order_by("last_seen_at")
    return sum(_follow_up(key, long_ago) for key in list(quiet.values_list("pk", flat=True)[:BATCH]))


def _follow_up(key: int, long_ago: datetime) -> bool:
    with transaction.atomic(durable=True):
        station = Station.objects.select_for_update(no_key=True).get(pk=key)
        if not station.online or station.last_seen_at is None or station.last_seen_at >= long_ago:
            return False
        questions = Command.objects.filter(
            station=station, type=CommandType.REBIRTH, created_at__gt=station.last_seen_at
        )
        question = questions.order_by("-id").first()
        if question is None or (question.expires_at <= real_now() and not question.attempts):
            commands.issue(CommandType.REBIRTH, station=station)  # an unsent one was never asked: the bridge was away
            return False
        if question.expires_at > real_now() or question.acked_at is not None:
            return False
        Station.objects.filter(pk=key).update(online=False, connection_changed_at=real_now())
        events.publish(StationChanged(station=station.slug))
        return True
