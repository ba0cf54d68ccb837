"""`/ws/stations`: the public live status, pushed."""

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from apps.stations import live
from apps.stations.pace import Pace

# A page has nothing to say; some clients greet or keep the line warm.
MOST_HEARD = 100
POLICY_VIOLATION = 1008


class StationsConsumer(AsyncJsonWebsocketConsumer):
    """Sends a snapshot on connect, then `{"type": "station", "station": {...}}` per change.

    A client merges by the station's id; after a reconnect the new snapshot replaces everything. Of one
    station it hears four times a second at most: what changes faster is held, and the newest word is sent.
    `?station=ID` asks for one station alone: a phone at a bay need not pay for the others.
    """

    _heard = 0
    _only = ""
    _later: "asyncio.Task[None] | None" = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pace = Pace()

    async def connect(self) -> None:
        """Join first, then read: a change between the two is seen twice rather than never."""
        self._only = parse_qs(self.scope["query_string"].decode("ascii", "ignore")).get("station", [""])[0]
        await self.accept()
        await self.channel_layer.group_add(live.GROUP, self.channel_name)
        await self.send_json(await database_sync_to_async(live.snapshot)([self._only] if self._only else None))

    async def disconnect(self, code: int) -> None:
        """Leave the group; what is held back is for nobody any more."""
        if self._later is not None:
            self._later.cancel()
            with suppress(asyncio.CancelledError):
                await self._later
        await self.channel_layer.group_discard(live.GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Listeners only listen: what they send is not even parsed, and who goes on talking is cut off."""
        self._heard += 1
        if self._heard > MOST_HEARD:
            await self.close(code=POLICY_VIOLATION)

    async def stations_changed(self, event: dict[str, Any]) -> None:
        """Pass changes on, or hold them for their station's next turn."""
        for body in event["bodies"]:
            station = body["station"]["id"]
            if self._only and station != self._only:
                continue
            if self._pace.offer(station, body, asyncio.get_running_loop().time()):
                await self.send_json(body)
            elif self._later is None or self._later.done():
                self._later = asyncio.create_task(self._send_held())

    async def _send_held(self) -> None:
        clock = asyncio.get_running_loop().time
        while (wait := self._pace.wait(clock())) is not None:
            await asyncio.sleep(wait)
            for body in self._pace.due(clock()):
                await self.send_json(body)
