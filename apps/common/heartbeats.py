"""Heartbeats: a background loop says here that it still turns."""

from apps.common.clock import real_now
from apps.common.models import Heartbeat


def beat(name: str) -> None:
    """Note that the loop turned just now (real time)."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beaten_at": real_now()})


def age_seconds(name: str) -> float | None:
    """Return the seconds since the last beat, or None when there never was one."""
    row = Heartbeat.objects.filter(name=name).first()
    return (real_now() - row.beaten_at).total_seconds() if row else None
