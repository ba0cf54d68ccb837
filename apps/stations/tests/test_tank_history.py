"""Levels have a history: a sample a minute, a row a day, refused changes and a bounded memory."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.common.clock import real_now
from apps.common.heartbeats import beat
from apps.common.models import Heartbeat
from apps.stations.models import Station, StationEvent, Tank, TankDay, TankSample, Wash
from apps.stations.services import history
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def sample(tank: Tank, *levels: int, since: datetime = MORNING) -> None:
    """Write one sample a minute."""
    rows = [TankSample(tank=tank, minute=since + timedelta(minutes=n), level_ml=ml) for n, ml in enumerate(levels)]
    TankSample.objects.bulk_create(rows)


@pytest.fixture
def tank(station: Station) -> Tank:
    Station.objects.update(created_at=MORNING - timedelta(days=9))
    return station.tanks.get(chemical="shampoo")


def test_a_minute_is_sampled_once_for_every_tank_that_is_known(device: Device) -> None:
    make_station("silent", ready=False)
    device.say(device.level(15_000))
    assert history.take_samples(MORNING) == 2
    assert history.take_samples(MORNING + timedelta(seconds=59)) == 0
    assert history.take_samples(MORNING + timedelta(seconds=60)) == 2
    rows = TankSample.objects.filter(tank__chemical="shampoo").values_list("minute", "level_ml")
    assert list(rows) == [(MORNING, 15_000), (MORNING + timedelta(minutes=1), 15_000)]


def test_while_the_bridge_is_silent_nobody_knows_a_level(station: Station) -> None:
    Heartbeat.objects.filter(name="bridge").update(beaten_at=real_now() - timedelta(minutes=1))
    assert history.take_samples() == 0
    beat("bridge")
    assert history.take_samples() == 2


def test_all_tanks_cost_two_queries_and_the_bridges_batch_none(device: Device) -> None:
    for number in range(5):
        make_station(f"station-{number}")
    with CaptureQueriesContext(connection) as sampling:
        assert history.take_samples() == 12
    assert len(sampling) == 2
    with CaptureQueriesContext(connection) as batch:
        device.say(device.level(15_000))
    assert not [query for query in batch.captured_queries if "tanksample" in query["sql"]]


@pytest.mark.parametrize(
    "statement", ["UPDATE stations_tanksample SET level_ml = 1", "DELETE FROM stations_tanksample"]
)
def test_the_database_refuses_to_change_or_forget_what_is_fresh(tank: Tank, statement: str) -> None:
    sample(tank, 100, since=real_now() - timedelta(days=13))
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert TankSample.objects.get().level_ml == 100


def test_old_samples_are_forgotten_and_fresh_ones_stay(tank: Tank, capsys: Any) -> None:
    sample(tank, *[100] * 90, since=real_now() - timedelta(days=40))
    sample(tank, 7, since=real_now() - timedelta(days=20))
    call_command("prune_tank_samples")
    assert capsys.readouterr().out == "90 samples forgotten, 30 days kept.\n"
    assert [row.level_ml for row in TankSample.objects.all()] == [7]
    assert history.prune_samples(14) == 1
    assert history.prune_samples(14) == 0


def test_fewer_than_fourteen_days_are_refused(tank: Tank) -> None:
    sample(tank, 7, since=real_now() - timedelta(days=20))
    with pytest.raises(CommandError, match="14 days or more"):
        call_command("prune_tank_samples", "--days", "13")
    assert TankSample.objects.count() == 1


def test_a_day_says_what_left_the_tank_and_what_refills_brought(tank: Tank) -> None:
    sample(tank, 5_000, 4_900, 4_700, 12_700, 12_600)
    history.close_days(DAY + timedelta(days=1))
    row = TankDay.objects.get(tank=tank, day=DAY)
    assert (row.samples, row.fall_ml, row.rise_ml, row.washes) == (5, 400, 8_000, 0)


def test_a_day_counts_its_washes_by_word_and_by_seconds(tank: Tank, running: Wash, device: Device) -> None:
    device.say(device.event("finished", running, used=300, ml_used={"shampoo": 140, "disinfectant": 50}))
    Wash.objects.update(started_at=MORNING, ended_at=MORNING + timedelta(minutes=5))
    history.close_days(DAY + timedelta(days=1))
    row = TankDay.objects.get(tank=tank, day=DAY)
    assert (row.washes, row.used_ml, row.expected_ml) == (1, 140, 150)


def test_a_day_is_written_once_and_again_only_for_late_news(tank: Tank) -> None:
    assert history.close_days(DAY + timedelta(days=1)) == 6
    assert history.close_days(DAY + timedelta(days=1)) == 0
    StationEvent.objects.create(
        station=tank.station, event_id="1" * 26, type="fault", payload={}, occurred_at=MORNING, offline=True
    )
    assert history.close_days(DAY + timedelta(days=1)) == 2
    assert history.close_days(DAY + timedelta(days=1)) == 0
    assert TankDay.objects.filter(tank=tank).count() == 3


def test_more_stations_cost_no_more_queries_a_day(tank: Tank) -> None:
    with CaptureQueriesContext(connection) as few:
        history.close_days(DAY + timedelta(days=1))
    TankDay.objects.all().delete()
    for number in range(4):
        make_station(f"station-{number}")
    Station.objects.update(created_at=MORNING - timedelta(days=9))
    with CaptureQueriesContext(connection) as many:
        assert history.close_days(DAY + timedelta(days=1)) == 30
    assert len(many) == len(few)
