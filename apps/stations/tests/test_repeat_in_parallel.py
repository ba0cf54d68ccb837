"""The same fact from two lanes, two bridges or two sweeps at once is one fact."""

import threading

import pytest
from django.db import OperationalError, connection

from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Alert, StationEvent, Wash
from apps.stations.services import sweeps
from apps.stations.tests.device import Device
from apps.stations.tests.factories import buy_wash, make_station

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe_sandbox")]


def in_threads(count: int, act) -> list[BaseException]:
    barrier, failures = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait(10)
            act()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return failures


def test_one_stop_delivered_six_times_at_once_is_one_refund(settle) -> None:
    station = make_station()
    device, bay = Device(station), station.bays.get(number=1)
    wash = buy_wash(bay).wash
    device.say(device.event("started", wash))
    stop = device.event("stopped", wash, used=100)
    failures = in_threads(6, lambda: device.say(stop))
    assert [error for error in failures if not isinstance(error, OperationalError)] == []
    device.say(stop)  # what a bridge does after a deadlock: the same batch again
    settle()
    assert StationEvent.objects.filter(type="stopped").count() == 1
    assert Wash.objects.get().refunded_minor == 600
    assert ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor == 300


def test_sweeps_at_once_raise_one_alert() -> None:
    station = make_station()
    station.tanks.filter(chemical="shampoo").update(level_ml=100)
    assert in_threads(4, sweeps.sweep_levels) == []
    assert Alert.objects.count() == 1
    assert Alert.objects.get().entries.count() == 1
