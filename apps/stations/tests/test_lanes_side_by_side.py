"""The two lanes write to the same stations and never wait for each other's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from apps.stations.models import Station
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked_by_the_other_lane(station: Station) -> Iterator[None]:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                Station.objects.filter(pk=station.pk).update(firmware="2")
                held.set()
                assert done.wait(20)
        finally:
            connection.close()

    other = threading.Thread(target=hold)
    other.start()
    assert held.wait(20)
    try:
        yield
    finally:
        done.set()
        other.join(20)


def test_telemetry_does_not_wait_for_a_station_that_the_money_lane_holds() -> None:
    station, neighbour = make_station("riverside"), make_station("hillside")
    level, state = Device(station).level(9_000), Device(neighbour).state("idle")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        with locked_by_the_other_lane(station):
            assert Device(station).say(level, state).taken == 2
    finally:
        connection.close()
    station.refresh_from_db()
    neighbour.refresh_from_db()
    assert station.tanks.get(chemical="shampoo").level_ml == 9_000
    assert station.last_seen_at is None
    assert neighbour.last_seen_at is not None


def test_a_free_station_is_seen() -> None:
    station = make_station("riverside")
    Device(station).say(Device(station).level(9_000))
    station.refresh_from_db()
    assert station.last_seen_at is not None
