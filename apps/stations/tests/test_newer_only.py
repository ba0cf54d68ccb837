"""States and levels are believed only when (boot, seq) is newer; order and repeats do not matter."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.common.clock import real_now
from apps.stations.models import Bay, Station, Tank
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db


def shampoo(station: Station) -> Tank:
    return station.tanks.get(chemical="shampoo")


def test_an_older_state_changes_nothing(device: Device, bay: Bay) -> None:
    device.say(device.state("sanitizing", boot=2, seq=5))
    device.say(
        device.state("idle", boot=2, seq=5), device.state("idle", boot=2, seq=4), device.state("idle", boot=1, seq=99)
    )
    bay.refresh_from_db()
    assert (bay.state, bay.boot, bay.seq) == ("sanitizing", 2, 5)


def test_a_new_boot_counts_from_the_start(device: Device, station: Station) -> None:
    device.say(device.level(5_000, boot=1, seq=900))
    device.say(device.level(4_000, boot=2, seq=1))
    assert shampoo(station).level_ml == 4_000


def test_a_batch_writes_the_newest_whatever_its_order(device: Device, station: Station) -> None:
    device.say(device.level(3_000, seq=3), device.level(1_000, seq=9), device.level(2_000, seq=5))
    assert shampoo(station).level_ml == 1_000


@given(order=st.permutations(range(6)), cut=st.integers(0, 6))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_any_batches_give_the_same_picture(db, order: list[int], cut: int) -> None:
    slug = f"s{make_slug()}"
    station = make_station(slug, bays=1)
    device = Device(station)
    steps = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)]
    raws = [device.level(100 * (i + 1), boot=boot, seq=seq) for i, (boot, seq) in enumerate(steps)]
    shuffled = [raws[i] for i in order]
    device.say(*shuffled[:cut])
    device.say(*shuffled[cut:])
    device.say(*shuffled)
    assert shampoo(station).level_ml == 600


def make_slug() -> str:
    return real_now().strftime("%H%M%S%f")


def test_a_thousand_messages_cost_a_fixed_number_of_queries(
    device: Device, station: Station, django_assert_max_num_queries
) -> None:
    storm = [device.level(15_000 + i) for i in range(500)] + [device.state("idle", seconds_left=0) for _ in range(500)]
    with django_assert_max_num_queries(12):
        outcome = device.say(*storm)
    assert outcome.taken == 1_000
    assert shampoo(station).level_ml == 15_499


def test_what_says_nothing_new_is_shown_to_nobody(device: Device, bay: Bay) -> None:
    assert device.say(device.state("idle"), device.level(20_000)).changed == set()
    assert device.say(device.state("ready")).changed == {"riverside"}
    assert device.say(device.level(19_999)).changed == {"riverside"}
    bay.refresh_from_db()
    assert bay.seq == device.seq - 1
