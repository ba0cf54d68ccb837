"""Shards on a real broker: each carries its own, and a change of their number loses and doubles nothing."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from apps.common.addresses import BrokerAddress
from apps.common.clock import real_now
from apps.common.models import Heartbeat
from apps.stations.bridge import retirement, roster
from apps.stations.bridge.bridge import Bridge
from apps.stations.models import Station, StationEvent
from apps.stations.shards import Shard
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station
from apps.stations.tests.test_bridge import Radio, until
from apps.stations.tests.test_bridge import address as address
from petwash.devstack.mqtt import MqttServer

pytestmark = pytest.mark.django_db(transaction=True)


class Talker(Radio):
    """Speaks for any station, as the bridge's own user may."""

    def __init__(self, broker: MqttServer) -> None:
        super().__init__(broker, "bridge", password=broker.password)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "ROSTER_SECONDS", 0.05)
    monkeypatch.setattr(retirement, "QUIET_SECONDS", 0.3)


@contextmanager
def running(address: BrokerAddress, *shards: Shard) -> Iterator[list[Bridge]]:
    bridges = [Bridge(address, shard) for shard in shards]
    threads = [threading.Thread(target=bridge.run) for bridge in bridges]
    for thread in threads:
        thread.start()
    try:
        until(lambda: all(bridge.healthy for bridge in bridges))
        until(lambda: Heartbeat.objects.filter(name__in=[shard.heartbeat for shard in shards]).count() == len(shards))
        yield bridges
    finally:
        for bridge in bridges:
            bridge.stop()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture
def pair(transactional_db: None) -> list[Station]:
    slugs = [f"pair-{number}" for number in range(40)]
    return [make_station(next(slug for slug in slugs if Shard(index, 2).owns(slug))) for index in range(2)]


def have_been_silent() -> None:
    Heartbeat.objects.update(beaten_at=real_now() - timedelta(minutes=1))


def events() -> list[str]:
    return sorted(StationEvent.objects.values_list("station__slug", flat=True))


def test_from_one_to_two_and_back_no_event_is_lost_or_doubled(
    address: BrokerAddress, mqtt_broker: MqttServer, pair: list[Station]
) -> None:
    first, second = sorted(station.slug for station in pair)
    devices = [Device(station) for station in pair]
    with ExitStack() as stack:
        talker = Talker(mqtt_broker)
        stack.callback(talker.close)

        def speak() -> None:
            for device in devices:
                talker.send(device.event("fault", None))

        with running(address, Shard()):
            speak()
            until(lambda: events() == sorted([first, second]))
        have_been_silent()
        speak()  # nobody is there: the broker keeps it for the only one, who becomes the first of two
        with running(address, Shard(0, 2), Shard(1, 2)) as bridges:
            until(lambda: events() == sorted([first, second] * 2))
            until(lambda: all(bridge.roster._cleared for bridge in bridges))
            until(lambda: not Heartbeat.objects.filter(name="bridge").exists())
            speak()
            until(lambda: events() == sorted([first, second] * 3))
        have_been_silent()
        speak()  # the broker keeps one of them for the second shard, which will never come back
        with running(address, Shard()):
            until(lambda: events() == sorted([first, second] * 4))
            until(lambda: not Heartbeat.objects.filter(name__startswith="bridge:").exists())
            speak()
            until(lambda: events() == sorted([first, second] * 5))


def test_a_shard_hears_its_own_stations_and_follows_new_and_revoked_ones(
    address: BrokerAddress, pair: list[Station]
) -> None:
    with running(address, Shard(1, 2)) as [bridge]:
        own = f"pw/v1/st/{pair[1].slug}/bay/+/event"
        assert own in bridge.money._topics
        assert not [topic for topic in bridge.money._topics if pair[0].slug in topic]
        slug = next(f"new-{number}" for number in range(40) if Shard(1, 2).owns(f"new-{number}"))
        make_station(slug)
        until(lambda: f"pw/v1/st/{slug}/bay/+/event" in bridge.money._topics)
        Station.objects.filter(slug=pair[1].slug).update(revoked_at=real_now())
        until(lambda: own not in bridge.money._topics)


def test_a_second_process_of_the_same_shard_waits_and_takes_over(
    address: BrokerAddress, pair: list[Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.stations.gateways.shard_lock.WAIT_SECONDS", 0.05)
    standby = Bridge(address, Shard(1, 2))
    waiting = threading.Thread(target=standby.run)
    with running(address, Shard(1, 2)):
        waiting.start()
        assert not standby.money._client.is_connected()
    until(lambda: standby.healthy)
    standby.stop()
    waiting.join(20)
    assert not waiting.is_alive()
