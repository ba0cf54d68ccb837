"""The events of a batch are written with one statement: each once, whatever stands beside it."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.stations.models import DeadLetter, Station, StationEvent, Wash
from apps.stations.protocol.ulid import make_ulid
from apps.stations.services.intake import Raw
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db


def test_a_repeat_in_the_same_batch_and_in_a_later_one_counts_once(device: Device, paid: Wash) -> None:
    started, finished = device.event("started", paid), device.event("finished", paid, used=300)
    first = device.say(started, finished, started)
    second = device.say(finished, started)
    assert (first.taken, second.taken) == (3, 2)
    assert [len(outcome.evacks) for outcome in (first, second)] == [3, 2]
    assert list(StationEvent.objects.order_by("id").values_list("type", flat=True)) == ["started", "finished"]
    assert Wash.objects.get().status == WashStatus.FINISHED


def test_two_stations_may_use_the_same_id(device: Device, station: Station) -> None:
    other, shared = Device(make_station("hillside")), make_ulid()
    device.say(*(one.event("fault", None, event_id=shared) for one in (device, other)))
    assert StationEvent.objects.filter(event_id=shared).count() == 2


def test_a_wash_that_was_never_sold_takes_nobody_with_it(device: Device, paid: Wash) -> None:
    started = device.event("started", paid)
    body = json.loads(started.payload) | {"event_id": make_ulid(), "wash": "0197f0a0-7c1e-7000-8000-000000000001"}
    outcome = device.say(Raw(started.topic, json.dumps(body).encode()), started)
    assert (outcome.taken, outcome.dead, len(outcome.evacks)) == (1, 1, 2)
    assert DeadLetter.objects.get().reason.startswith("unknown_wash")
    assert StationEvent.objects.get().wash == paid


def test_more_events_cost_no_more_statements(device: Device, station: Station) -> None:
    def statements(count: int) -> int:
        events = [device.event("fault", None) for _ in range(count)]
        with CaptureQueriesContext(connection) as seen:
            assert device.say(*events).taken == count
        return len(seen)

    statements(1)
    assert statements(50) == statements(2)
    assert StationEvent.objects.count() == 53


def test_a_batch_of_states_reads_no_tanks(device: Device, station: Station) -> None:
    with CaptureQueriesContext(connection) as seen:
        device.say(device.state("sanitizing"))
    assert not [one for one in seen if "stations_tank" in one["sql"]]
