"""Tank levels against thresholds, with hysteresis. Pure integers, no clock, no database."""

from dataclasses import dataclass

from apps.stations.states import TankStatus

HYSTERESIS_PCT = 3
"""A level must climb this far above a threshold before its alarm ends: a surface that waves
around the threshold would otherwise raise and clear the same alert all day."""


@dataclass(frozen=True)
class Thresholds:
    """Per cent of the capacity below which a level is low."""

    warning_pct: int
    critical_pct: int


def level_pct(level_ml: int, capacity_ml: int) -> int:
    """Return the level in whole per cent of the capacity, rounded down."""
    return level_ml * 100 // capacity_ml


def judge(level_ml: int, capacity_ml: int, thresholds: Thresholds, before: str = TankStatus.UNKNOWN) -> TankStatus:
    """Return the status of a level, given the status that it had before."""
    critical, warning = thresholds.critical_pct, thresholds.warning_pct
    if before == TankStatus.CRITICAL:
        critical += HYSTERESIS_PCT
    if before in (TankStatus.CRITICAL, TankStatus.WARNING):
        warning += HYSTERESIS_PCT
    if level_ml * 100 < critical * capacity_ml:
        return TankStatus.CRITICAL
    if level_ml * 100 < warning * capacity_ml:
        return TankStatus.WARNING
    return TankStatus.OK
