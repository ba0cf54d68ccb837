"""What is done about a station that says too much: it is counted, one alert stands, few dead letters are kept."""

import threading
import time
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.db.models import F

from apps.common.clock import real_now
from apps.stations.flood import Quotas, station_of
from apps.stations.models import Station
from apps.stations.services import alerts
from apps.stations.states import Severity

COMPONENT = "flood"
MESSAGE = (
    "The station sends more than its limit: states and levels are thinned, events wait. Look for a fault or a thief."
)
QUIET_AFTER = timedelta(minutes=5)
LETTERS_AT_ONCE = 100
LETTERS_PER_SECOND = 0.1


class _Letters:
    """How many dead letters of a station are written down; the rest is only counted.

    An event is evacked when it is put aside, so its letter is all that is left of it: what else the station
    says amiss must not use up the room for those.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._events, self._others = (
                Quotas(rate=LETTERS_PER_SECOND, burst=LETTERS_AT_ONCE, clock=time.monotonic) for _ in range(2)
            )
            self._unkept: Counter[str] = Counter()

    def keep(self, topic: str, *, event: bool) -> bool:
        """Tell whether one more is written down; count it otherwise."""
        station = station_of(topic)
        with self._lock:
            kept = (self._events if event else self._others).take(station)
            if not kept:
                self._unkept[station] += 1
            return kept

    def unkept(self) -> Counter[str]:
        """Return and forget how many were not."""
        with self._lock:
            unkept, self._unkept = self._unkept, Counter()
            return unkept


letters = _Letters()


def note(slug: str, count: int) -> None:
    """Count messages that came over their station's limit, and call a person once."""
    with transaction.atomic(durable=True):
        station = Station.objects.filter(slug=slug)
        if station.update(messages_over_limit=F("messages_over_limit") + count, over_limit_at=real_now()):
            alerts.raise_alert(station.get(), COMPONENT, Severity.WARNING, message=MESSAGE)


def sweep_floods() -> int:
    """Clear the alerts of stations that have kept to their limit for five minutes; return how many."""
    quiet = Station.objects.filter(
        alerts__component=COMPONENT, alerts__cleared_at=None, over_limit_at__lte=real_now() - QUIET_AFTER
    )
    cleared = 0
    for slug in list(quiet.values_list("slug", flat=True)):
        with transaction.atomic(durable=True):
            station = Station.objects.select_for_update(no_key=True).get(slug=slug)
            still = station.over_limit_at is None or station.over_limit_at <= real_now() - QUIET_AFTER
            cleared += still and alerts.clear_alert(station, COMPONENT, reason="within its limit again")
    return cleared
