"""The live picture on the wire: a snapshot on connect, then one whole station per change.

Delivery is at most once: a client that reconnects gets a new snapshot, so nothing needs replaying.
"""

from collections.abc import Iterable
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from apps.common.clock import real_now
from apps.stations import selectors

log = structlog.get_logger(__name__)
GROUP = "stations"
TOGETHER = 50
"""Stations in one message of the channel layer: 200 that change together are 4 calls of Redis."""


def snapshot(slugs: Iterable[str] | None = None) -> dict[str, Any]:
    """Return what a new listener gets: every station, or those that it asks for."""
    return {"type": "snapshot", "at": real_now().isoformat(), "stations": selectors.live_status(slugs)}


def broadcast(slugs: Iterable[str]) -> int:
    """Send each listener the stations that changed; return how many. Redis down: nobody hears it.

    The rows are the truth and a client re-reads them, so a lost diff costs seconds, not facts.
    """
    wanted = sorted(set(slugs))
    if not wanted:
        return 0
    stations = selectors.live_status(wanted)
    try:
        async_to_sync(_send)(stations)
    except Exception as error:
        log.warning("stations.broadcast_failed", error=type(error).__name__)
        return 0
    return len(stations)


async def _send(stations: list[selectors.LiveStation]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    at = real_now().isoformat()
    for first in range(0, len(stations), TOGETHER):
        bodies = [{"type": "station", "at": at, "station": one} for one in stations[first : first + TOGETHER]]
        await layer.group_send(GROUP, {"type": "stations.changed", "bodies": bodies})
