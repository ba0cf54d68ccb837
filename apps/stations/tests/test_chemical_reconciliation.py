"""Leaks, thefts, clogged nozzles and unrecorded refills become alerts: once, and over when they heal."""

from datetime import datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.common.clock import real_now
from apps.common.models import Heartbeat
from apps.stations.models import Alert, Program, Station, StationEvent, Tank, TankSample, Wash
from apps.stations.services import alerts
from apps.stations.services.limits_of_chemicals import change_limits, current_limits
from apps.stations.services.reconciliation import sweep_chemicals
from apps.stations.states import WashStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    return real_now().replace(second=0, microsecond=0)


@pytest.fixture
def tank(station: Station) -> Tank:
    Station.objects.update(connection_changed_at=real_now() - timedelta(days=2))
    return station.tanks.get(chemical="shampoo")


def sample(tank: Tank, now: datetime, *levels: int, minutes_ago: int) -> None:
    start = now - timedelta(minutes=minutes_ago)
    rows = [TankSample(tank=tank, minute=start + timedelta(minutes=n), level_ml=ml) for n, ml in enumerate(levels)]
    TankSample.objects.bulk_create(rows)


def washed(tank: Tank, now: datetime, *, minutes_ago: int, used: int, seconds: int = 300) -> None:
    """A wash of the first bay that ended, as its rows tell it."""
    ended = now - timedelta(minutes=minutes_ago)
    bay, number = tank.station.bays.get(number=1), Wash.objects.count()
    wash = Wash.objects.create(
        bay=bay,
        program=Program.objects.get(station=tank.station),
        status=WashStatus.FINISHED,
        amount_minor=900,
        currency="USD",
        total_seconds=300,
        seconds_used=seconds,
        token_hash=f"{number:064}",
        lease_expires_at=ended,
        started_at=ended - timedelta(minutes=5),
        ended_at=ended,
    )
    payload = {"seconds_used": seconds, "ml_used": {"shampoo": used, "disinfectant": seconds // 6}}
    StationEvent.objects.create(
        station=tank.station,
        event_id=f"{number:026}",
        bay=bay,
        wash=wash,
        type="finished",
        payload=payload,
        occurred_at=ended,
    )


def standing() -> list[tuple[str, str]]:
    return list(Alert.objects.filter(cleared_at=None).order_by("component").values_list("component", "severity"))


def test_a_leak_is_told_once_and_cleared_when_it_heals(tank: Tank, now: datetime) -> None:
    sample(tank, now, *range(9_000, 8_000, -10), minutes_ago=200)
    assert sweep_chemicals(now) == 1
    assert sweep_chemicals(now) == 1
    assert standing() == [("tank:shampoo:leak", "warning")]
    assert Alert.objects.get().message.startswith("shampoo fell by 990 ml while washes used 0 ml: 990 ml are missing.")
    assert sweep_chemicals(now + timedelta(hours=25)) == 0
    assert standing() == []
    entry = Alert.objects.get().entries.last()
    assert entry is not None
    assert (entry.change, entry.actor_id, entry.reason) == ("cleared", None, "it adds up again")


def test_what_washes_used_is_no_leak(tank: Tank, now: datetime) -> None:
    sample(tank, now, 9_000, 8_850, 8_700, 8_550, minutes_ago=33)
    for ago in (30, 31, 32):
        washed(tank, now, minutes_ago=ago, used=150)
    assert sweep_chemicals(now) == 0
    assert standing() == []


def test_a_theft_stands_until_a_person_clears_it_and_is_not_told_again(tank: Tank, now: datetime, agent: User) -> None:
    sample(tank, now, 9_000, 9_000, 3_000, 3_000, minutes_ago=60)
    sweep_chemicals(now)
    assert standing() == [("tank:shampoo:theft", "critical")]
    sweep_chemicals(now + timedelta(hours=25))
    assert standing() == [("tank:shampoo:theft", "critical")]
    alerts.clear(agent, str(Alert.objects.get().public_id), reason="we drained it ourselves")
    assert sweep_chemicals(now) == 0
    assert standing() == []


def test_a_clogged_nozzle_names_its_bay_and_heals_with_the_next_good_washes(tank: Tank, now: datetime) -> None:
    for ago in (60, 50, 40):
        washed(tank, now, minutes_ago=ago, used=60)
    sweep_chemicals(now)
    assert standing() == [("bay:1:clog:shampoo", "warning")]
    for ago in (30, 25, 20, 15, 10, 5):
        washed(tank, now, minutes_ago=ago, used=150)
    sweep_chemicals(now)
    assert standing() == []


def test_a_wash_that_was_stopped_early_is_expected_to_use_less(tank: Tank, now: datetime) -> None:
    for ago in (60, 50, 40):
        washed(tank, now, minutes_ago=ago, used=75, seconds=150)
    assert sweep_chemicals(now) == 0


def test_a_rise_that_nobody_recorded_is_told_after_two_hours(tank: Tank, now: datetime) -> None:
    sample(tank, now, 1_000, 9_000, minutes_ago=100)
    assert sweep_chemicals(now) == 0
    assert sweep_chemicals(now + timedelta(minutes=30)) == 1
    assert standing() == [("tank:shampoo:refill", "warning")]


def test_a_station_that_just_came_back_is_not_judged(tank: Tank, now: datetime) -> None:
    sample(tank, now, *range(9_000, 8_000, -10), minutes_ago=200)
    Station.objects.update(connection_changed_at=real_now() - timedelta(minutes=5))
    assert sweep_chemicals() == 0
    Station.objects.update(connection_changed_at=real_now() - timedelta(hours=1), online=False)
    assert sweep_chemicals() == 0
    assert standing() == []


def test_an_open_leak_is_left_alone_while_the_bridge_is_silent(tank: Tank, now: datetime) -> None:
    sample(tank, now, *range(9_000, 8_000, -10), minutes_ago=200)
    sweep_chemicals(now)
    Heartbeat.objects.filter(name="bridge").update(beaten_at=real_now() - timedelta(minutes=5))
    sweep_chemicals(now + timedelta(hours=25))
    assert standing() == [("tank:shampoo:leak", "warning")]


def test_other_limits_count_from_the_next_sweep_on(tank: Tank, now: datetime, agent: User) -> None:
    from dataclasses import replace

    sample(tank, now, *range(9_000, 8_800, -10), minutes_ago=200)
    assert sweep_chemicals(now) == 0
    change_limits(agent, replace(current_limits(), leak_ml=100), reason="a dear shampoo")
    assert sweep_chemicals(now) == 1
