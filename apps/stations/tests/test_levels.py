"""A level is judged against thresholds, and a surface that waves raises one alarm, not many."""

import pytest

from apps.stations.levels import Thresholds, judge, level_pct
from apps.stations.states import TankStatus

LIMITS = Thresholds(warning_pct=25, critical_pct=10)


@pytest.mark.parametrize(
    ("level_ml", "status"),
    [
        (1000, TankStatus.OK),
        (250, TankStatus.OK),
        (249, TankStatus.WARNING),
        (100, TankStatus.WARNING),
        (99, TankStatus.CRITICAL),
        (0, TankStatus.CRITICAL),
    ],
)
def test_a_level_below_a_threshold_is_low(level_ml: int, status: TankStatus) -> None:
    assert judge(level_ml, 1000, LIMITS) is status


@pytest.mark.parametrize(
    ("before", "level_ml", "status"),
    [
        (TankStatus.CRITICAL, 129, TankStatus.CRITICAL),
        (TankStatus.CRITICAL, 130, TankStatus.WARNING),
        (TankStatus.WARNING, 279, TankStatus.WARNING),
        (TankStatus.WARNING, 280, TankStatus.OK),
        (TankStatus.CRITICAL, 280, TankStatus.OK),
        (TankStatus.OK, 250, TankStatus.OK),
    ],
)
def test_an_alarm_ends_only_well_above_its_threshold(before: TankStatus, level_ml: int, status: TankStatus) -> None:
    assert judge(level_ml, 1000, LIMITS, before) is status


def test_per_cent_is_rounded_down_so_that_almost_empty_is_not_flattered() -> None:
    assert level_pct(999, 10_000) == 9
