"""A batch locks stations, washes, bays and tanks, each by key, before it changes any: so nobody waits in a ring."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.stations.models import Command, Station, Wash
from apps.stations.tests.conftest import Buy
from apps.stations.tests.device import Device


def test_rows_are_locked_in_one_order_whatever_the_order_of_the_words(
    station: Station, device: Device, buy: Buy
) -> None:
    first, second = buy(station.bays.get(number=1)).wash, buy(station.bays.get(number=2)).wash
    assert first.pk < second.pk
    command = Command.objects.get(wash=first)
    words = (
        device.event("started", second, bay=2),
        device.ack(command, "accepted"),
        device.conn(),
        device.state("running", second, bay=2, seconds_left=300),
    )

    with CaptureQueriesContext(connection) as asked:
        device.say(*words)

    locks = [query["sql"] for query in asked if "FOR " in query["sql"] and "UPDATE" in query["sql"]]
    assert '"stations_station"' in locks[0]
    assert 'ORDER BY "stations_station"."id" ASC FOR NO KEY UPDATE' in locks[0]
    assert 'ORDER BY "stations_wash"."id" ASC FOR UPDATE' in locks[1]
    assert str(first.pk) in locks[1]
    assert second.public_id.hex in locks[1].replace("-", "")
    assert 'ORDER BY "stations_bay"."id" ASC FOR NO KEY UPDATE' in locks[2]
    assert 'ORDER BY "stations_tank"."id" ASC FOR NO KEY UPDATE' in locks[3]
    writes = [number for number, query in enumerate(asked) if query["sql"].startswith(("INSERT", "UPDATE"))]
    assert asked.captured_queries.index(next(q for q in asked if q["sql"] == locks[3])) < min(writes)
    assert Wash.objects.filter(status="running").get() == second


def test_bays_of_events_and_answers_are_locked_too(station: Station, device: Device, buy: Buy) -> None:
    first, second = buy(station.bays.get(number=1)).wash, buy(station.bays.get(number=2)).wash
    command = Command.objects.get(wash=first)

    with CaptureQueriesContext(connection) as asked:
        device.say(device.event("started", second, bay=2), device.ack(command, "accepted"))

    locks = [query["sql"] for query in asked if "FOR NO KEY UPDATE" in query["sql"] and "stations_bay" in query["sql"]]
    assert str(first.bay_id) in locks[0]
    assert str(second.bay_id) in locks[0]
    assert not [query for query in asked if "stations_tank" in query["sql"]]


def test_reports_lock_their_bays_and_tanks_by_key_before_they_write(station: Station, device: Device) -> None:
    with CaptureQueriesContext(connection) as asked:
        device.say(device.state("idle", bay=2), device.state("idle", bay=1), device.level(19_000))

    for table in ("stations_bay", "stations_tank"):
        (write,) = [query["sql"] for query in asked if f"UPDATE {table} " in query["sql"]]
        assert write.index("ORDER BY id FOR NO KEY UPDATE") < write.index(f"UPDATE {table} ")


def test_telemetry_that_changes_no_wash_locks_none(station: Station, device: Device, buy: Buy) -> None:
    wash = buy(station.bays.get(number=1)).wash
    device.say(device.event("started", wash), device.state("running", wash, seconds_left=300))

    with CaptureQueriesContext(connection) as asked:
        device.say(device.state("running", wash, seconds_left=299), device.level(19_000))

    assert not [query for query in asked if "stations_wash" in query["sql"] and "FOR UPDATE" in query["sql"]]
