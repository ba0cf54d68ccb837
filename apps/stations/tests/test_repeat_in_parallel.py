"""The same fact from two lanes, two bridges or two sweeps at once is one fact."""

from contextlib import suppress

import pytest
from django.db import OperationalError

from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.stations.models import Alert, StationEvent, Wash
from apps.stations.services import sweeps
from apps.stations.tests.device import Device
from apps.stations.tests.factories import buy_wash, make_station
from petwash.testing.races import race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stripe_sandbox")]


def test_one_stop_delivered_six_times_at_once_is_one_refund(settle) -> None:
    station = make_station()
    device, bay = Device(station), station.bays.get(number=1)
    wash = buy_wash(bay).wash
    device.say(device.event("started", wash))
    stop = device.event("stopped", wash, used=100)

    def say() -> None:
        with suppress(OperationalError):  # a deadlock: the bridge takes the batch again
            device.say(stop)

    race(*[say] * 6)
    device.say(stop)  # what a bridge does after a deadlock: the same batch again
    settle()
    assert StationEvent.objects.filter(type="stopped").count() == 1
    assert Wash.objects.get().refunded_minor == 600
    assert ledger.balance(AccountRef("revenue_wash"), "USD").amount_minor == 300


def test_sweeps_at_once_raise_one_alert() -> None:
    station = make_station()
    station.tanks.filter(chemical="shampoo").update(level_ml=100)
    race(*[sweeps.sweep_levels] * 4)
    assert Alert.objects.count() == 1
    assert Alert.objects.get().entries.count() == 1
