"""Each station belongs to one shard for ever; liveness and commands follow that shard alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F, Func, IntegerField

from apps.common.clock import real_now
from apps.common.heartbeats import age_seconds, beat, forget
from apps.common.models import Heartbeat
from apps.stations import availability
from apps.stations.gateways.shard_lock import LOOKS, ShardLock
from apps.stations.models import Station
from apps.stations.services import commands
from apps.stations.shards import PLACE_SQL, Shard, client_id, place
from apps.stations.states import CommandType
from apps.stations.tests.factories import make_station

FIRST, SECOND = Shard(0, 2), Shard(1, 2)
SLUGS = [f"wash-{number}" for number in range(40)]


@pytest.mark.parametrize("text", ["", "1", "2/2", "-1/2", "0/0", "0/65", "a/b", "0/2/3"])
def test_what_is_no_shard_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="as in 0/2"):
        Shard.parse(text)


def test_shards_share_the_stations_out_and_the_only_one_has_all() -> None:
    assert Shard.parse("1/2") == SECOND
    for count in (1, 2, 3, 7):
        shards = [Shard(index, count) for index in range(count)]
        assert all(sum(shard.owns(slug) for shard in shards) == 1 for slug in SLUGS)
    assert {FIRST.owns(slug) for slug in SLUGS} == {True, False}


def test_the_first_shard_keeps_the_names_of_the_only_one() -> None:
    assert (client_id(0, "money"), client_id(2, "money")) == ("petwash-bridge-money", "petwash-bridge-2-money")
    assert (Shard().heartbeat, SECOND.heartbeat) == ("bridge", "bridge:1/2")


@pytest.mark.django_db
def test_the_database_finds_the_same_place() -> None:
    for slug in SLUGS[:5]:
        make_station(slug)
    found = Station.objects.annotate(at=Func(F("slug"), template=PLACE_SQL, output_field=IntegerField()))
    assert dict(found.values_list("slug", "at")) == {slug: place(slug) for slug in SLUGS[:5]}


@pytest.fixture
def pair(db: None) -> list[Station]:
    """One station of each of two shards, and no bridge that beats."""
    slugs = [next(slug for slug in SLUGS if shard.owns(slug)) for shard in (FIRST, SECOND)]
    stations = [make_station(slug) for slug in slugs]
    forget("bridge")
    return stations


def carried(stations: list[Station]) -> list[bool]:
    hosts = availability.Hosts.now()
    return [hosts.carry(station) for station in stations]


def test_a_station_is_sold_while_its_own_shard_and_the_first_one_beat(pair: list[Station]) -> None:
    assert carried(pair) == [False, False]
    beat(FIRST.heartbeat)
    assert carried(pair) == [True, False]
    assert (availability.host_is_up(), age_seconds("bridge")) == (False, None)
    beat(SECOND.heartbeat)
    assert carried(pair) == [True, True]
    assert availability.host_is_up()
    Heartbeat.objects.filter(name=FIRST.heartbeat).update(beaten_at=real_now() - timedelta(seconds=31))
    assert carried(pair) == [False, False], "nobody says that the host is there, so stations start nothing"
    assert not availability.host_is_up()


def test_while_the_division_changes_either_one_will_do(pair: list[Station]) -> None:
    beat("bridge")
    beat(SECOND.heartbeat)
    Heartbeat.objects.filter(name="bridge").update(beaten_at=real_now() - timedelta(seconds=31))
    assert carried(pair) == [False, False]
    beat(FIRST.heartbeat)
    assert carried(pair) == [True, True]
    forget(FIRST.heartbeat)
    beat("bridge")
    assert carried(pair) == [True, True]
    assert availability.host_is_up()


def test_a_shard_sends_the_commands_of_its_own_stations(pair: list[Station]) -> None:
    for station in pair:
        commands.issue(CommandType.REBIRTH, station=station)
    assert [out.topic.split("/")[3] for out in commands.claim_due(shard=SECOND)] == [pair[1].slug]
    assert [out.topic.split("/")[3] for out in commands.claim_due(shard=FIRST)] == [pair[0].slug]
    assert commands.claim_due() == []


@pytest.mark.django_db
def test_a_database_looks_itself_whether_an_owner_whose_machine_died_is_there() -> None:
    lock = ShardLock(42)
    try:
        assert lock.take()
        assert lock._session
        looks = {name: lock._session.execute(f"SHOW {name}").fetchone() for name in LOOKS}
        assert looks == {
            "tcp_keepalives_idle": ("5",),
            "tcp_keepalives_interval": ("5",),
            "tcp_keepalives_count": ("3",),
            "tcp_user_timeout": ("20000",),
        }
    finally:
        lock.release()


@pytest.mark.django_db
def test_a_shard_has_one_owner_and_the_next_one_takes_over_when_it_dies() -> None:
    first, second, other = ShardLock(40), ShardLock(40), ShardLock(41)
    try:
        assert [first.take(), second.take(), other.take(), first.take()] == [True, False, True, True]
        assert first._session
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [first._session.info.backend_pid])
        assert [second.take(), first.take()] == [True, False]
        second.release()
        assert first.take()
    finally:
        for lock in (first, second, other):
            lock.release()
