"""`/ws/stations`: the public live status, pushed."""

from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from apps.stations import live

# A page has nothing to say; some clients greet or keep the line warm.
MOST_HEARD = 100
POLICY_VIOLATION = 1008


class StationsConsumer(AsyncJsonWebsocketConsumer):
    """Sends a snapshot on connect, then `{"type": "station", "station": {...}}` per change.

    A client merges by the station's id; after a reconnect the new snapshot replaces everything.
    `?station=ID` asks for one station alone: a phone at a bay need not pay for the others.
    """

    _heard = 0
    _only = ""

    async def connect(self) -> None:
        """Join first, then read: a change between the two is seen twice rather than never."""
        self._only = parse_qs(self.scope["query_string"].decode("ascii", "ignore")).get("station", [""])[0]
        await self.accept()
        await self.channel_layer.group_add(live.GROUP, self.channel_name)
        await self.send_json(await database_sync_to_async(live.snapshot)([self._only] if self._only else None))

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(live.GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Listeners only listen: what they send is not even parsed, and who goes on talking is cut off."""
        self._heard += 1
        if self._heard > MOST_HEARD:
            await self.close(code=POLICY_VIOLATION)

    async def station_changed(self, event: dict[str, Any]) -> None:
        """Pass a change on."""
        if not self._only or event["body"]["station"]["id"] == self._only:
            await self.send_json(event["body"])
