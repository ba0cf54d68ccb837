"""`/ws/stations`: a snapshot on connect, then whole stations as they change."""

import json
from typing import Any
from urllib.parse import urlparse

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async

from apps.stations import live
from apps.stations.models import Station, Tank
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station
from petwash.asgi import ForeignPagesValidator, application

pytestmark = pytest.mark.django_db(transaction=True)
HEADERS = [(b"origin", b"http://testserver"), (b"host", b"testserver")]


class Listener:
    """A browser on the live page."""

    def __init__(self, query: bytes = b"") -> None:
        scope = {"type": "websocket", "path": "/ws/stations", "query_string": query, "headers": HEADERS}
        self._wire = ApplicationCommunicator(application, scope | {"subprotocols": []})

    async def connect(self) -> None:
        await self._wire.send_input({"type": "websocket.connect"})
        assert (await self._wire.receive_output(10))["type"] == "websocket.accept"

    async def hear(self) -> Any:
        return json.loads((await self._wire.receive_output(10))["text"])

    async def say(self, body: Any) -> None:
        await self.send(text=json.dumps(body))

    async def send(self, **frame: str | bytes) -> None:
        await self._wire.send_input({"type": "websocket.receive", **frame})

    async def is_cut_off(self) -> bool:
        end = await self._wire.receive_output(10)
        return (end["type"], end.get("code")) == ("websocket.close", 1008)

    async def hears_nothing(self) -> bool:
        return bool(await self._wire.receive_nothing())

    async def leave(self) -> None:
        await self._wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._wire.wait(10)


def change(slug: str) -> None:
    device = Device(Station.objects.get(slug=slug))
    device.say(device.level(1_000))
    live.broadcast([slug])


async def test_a_listener_gets_a_snapshot_and_then_the_changes(redis_url: str) -> None:
    await database_sync_to_async(make_station)("riverside")
    await database_sync_to_async(make_station)("hillside")
    socket = Listener()
    await socket.connect()
    first = await socket.hear()
    assert first["type"] == "snapshot"
    assert [station["id"] for station in first["stations"]] == ["hillside", "riverside"]
    await database_sync_to_async(change)("riverside")
    diff = await socket.hear()
    assert (diff["type"], diff["station"]["id"], diff["station"]["alerts"]) == ("station", "riverside", 1)
    levels = {tank["chemical"]: tank["level_ml"] for tank in diff["station"]["tanks"]}
    assert levels["shampoo"] == 1_000
    assert await socket.hears_nothing()
    await socket.leave()


async def test_a_listener_at_one_station_hears_of_no_other(redis_url: str) -> None:
    await database_sync_to_async(make_station)("riverside")
    await database_sync_to_async(make_station)("hillside")
    socket = Listener(b"station=riverside")
    await socket.connect()
    assert [station["id"] for station in (await socket.hear())["stations"]] == ["riverside"]
    await database_sync_to_async(change)("hillside")
    await database_sync_to_async(change)("riverside")
    assert (await socket.hear())["station"]["id"] == "riverside"
    assert await socket.hears_nothing()
    await socket.leave()


async def test_a_storm_of_one_station_is_heard_at_its_pace_and_ends_with_the_newest_word(redis_url: str) -> None:
    await database_sync_to_async(make_station)("riverside")
    await database_sync_to_async(make_station)("hillside")
    socket = Listener()
    await socket.connect()
    await socket.hear()
    for level in range(9_000, 8_000, -50):
        await database_sync_to_async(fill)("riverside", level)
    await database_sync_to_async(change)("hillside")
    heard = [await socket.hear()]
    while not {"riverside 8050", "hillside 1000"} <= {said(one) for one in heard}:
        heard.append(await socket.hear())
    assert said(heard[0]) == "riverside 9000"
    of_one = [one for one in heard if one["station"]["id"] == "riverside"]
    assert of_one == sorted(of_one, key=lambda one: one["at"])
    assert await socket.hears_nothing()
    await socket.leave()


async def test_who_leaves_with_something_held_leaves_nothing_behind(redis_url: str) -> None:
    await database_sync_to_async(make_station)("riverside")
    socket = Listener()
    await socket.connect()
    await socket.hear()
    for level in (3_000, 2_000, 1_000):
        await database_sync_to_async(fill)("riverside", level)
    await socket.hear()
    await socket.leave()


def fill(slug: str, level_ml: int) -> None:
    Tank.objects.filter(station__slug=slug, chemical="shampoo").update(level_ml=level_ml)
    live.broadcast([slug])


def said(diff: Any) -> str:
    levels = {tank["chemical"]: tank["level_ml"] for tank in diff["station"]["tanks"]}
    return f"{diff['station']['id']} {levels['shampoo']}"


async def test_what_a_listener_says_is_ignored(redis_url: str) -> None:
    socket = Listener()
    await socket.connect()
    await socket.hear()
    await socket.say({"type": "stations.changed", "bodies": [{"forged": True}]})
    assert await socket.hears_nothing()
    await socket.leave()


@pytest.mark.parametrize("frame", [{"text": "{ no json"}, {"text": ""}, {"bytes": b"\x00\xff"}])
async def test_nonsense_from_a_listener_is_ignored(redis_url: str, frame: dict[str, Any]) -> None:
    socket = Listener()
    await socket.connect()
    await socket.hear()
    await socket.send(**frame)
    assert await socket.hears_nothing()
    await socket.leave()


async def test_a_listener_who_floods_is_cut_off(redis_url: str) -> None:
    socket = Listener()
    await socket.connect()
    await socket.hear()
    for _ in range(101):
        await socket.send(text="x")
    assert await socket.is_cut_off()
    await socket.leave()


def test_with_redis_away_a_change_is_committed_all_the_same() -> None:
    station = make_station("riverside")
    change("riverside")
    assert station.tanks.get(chemical="shampoo").level_ml == 1_000


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [(None, True), ("https://petwash.example", True), ("https://evil.example", False), ("null", False)],
)
def test_pages_of_other_sites_are_kept_out_and_clients_without_a_page_are_not(origin: str | None, let_in: bool) -> None:
    page = urlparse(origin) if origin is not None else None
    assert ForeignPagesValidator(None, ["petwash.example"]).valid_origin(page) is let_in
