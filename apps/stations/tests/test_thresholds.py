"""Operations set thresholds and zones with a reason; what could never end or begin is refused."""

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.common.errors import InvalidInput, NotFound
from apps.common.models import AuditEntry
from apps.stations.models import Alert, Station, Tank
from apps.stations.services.settings_of_stations import set_thresholds, set_zone
from apps.stations.tests.device import Device

pytestmark = pytest.mark.django_db


@pytest.fixture
def tank(station: Station) -> Tank:
    return station.tanks.get(chemical="shampoo")


def test_a_higher_threshold_raises_the_alert_at_once(tank: Tank, device: Device, agent: User) -> None:
    device.say(device.level(8_000))
    assert not Alert.objects.exists()
    set_thresholds(agent, tank.pk, warning_pct=50, critical_pct=20, reason="far from the depot")
    assert [(alert.component, alert.severity) for alert in Alert.objects.all()] == [("tank:shampoo", "warning")]
    entry = AuditEntry.objects.get(action="tank.thresholds_set")
    assert (entry.reason, entry.subject) == ("far from the depot", "riverside/shampoo")
    assert entry.facts["warning_before"] == 25


def test_a_lower_threshold_clears_it(tank: Tank, device: Device, agent: User) -> None:
    device.say(device.level(4_000))
    set_thresholds(agent, tank.pk, warning_pct=15, critical_pct=5, reason="around the corner")
    alert = Alert.objects.get()
    assert alert.cleared_at is not None


@pytest.mark.parametrize(("warning", "critical"), [(12, 10), (10, 10), (98, 10), (25, 0), (5, 25)])
def test_thresholds_keep_their_distance(tank: Tank, agent: User, warning: int, critical: int) -> None:
    with pytest.raises(InvalidInput):
        set_thresholds(agent, tank.pk, warning_pct=warning, critical_pct=critical, reason="?")
    tank.refresh_from_db()
    assert (tank.warning_pct, tank.critical_pct) == (25, 10)
    assert not AuditEntry.objects.filter(action="tank.thresholds_set").exists()


def test_the_closest_allowed_ones_are_taken(tank: Tank, agent: User) -> None:
    set_thresholds(agent, tank.pk, warning_pct=97, critical_pct=94, reason="a test of the sensor")
    tank.refresh_from_db()
    assert (tank.warning_pct, tank.critical_pct) == (97, 94)


def test_the_same_again_is_no_news_and_an_unknown_tank_is_not_found(tank: Tank, agent: User) -> None:
    set_thresholds(agent, tank.pk, warning_pct=25, critical_pct=10, reason="as before")
    assert not AuditEntry.objects.filter(action="tank.thresholds_set").exists()
    with pytest.raises(NotFound):
        set_thresholds(agent, 0, warning_pct=25, critical_pct=10, reason="?")


def test_a_reason_is_needed(tank: Tank, agent: User) -> None:
    with pytest.raises(InvalidInput):
        set_thresholds(agent, tank.pk, warning_pct=30, critical_pct=10, reason=" ")


def test_the_database_refuses_thresholds_that_touch(tank: Tank) -> None:
    with pytest.raises(IntegrityError, match="tank_thresholds_apart"), transaction.atomic():
        Tank.objects.filter(pk=tank.pk).update(warning_pct=12, critical_pct=10)


def test_a_station_moves_to_another_zone(station: Station, agent: User) -> None:
    set_zone(agent, "riverside", zone=" North ", reason="new tour")
    set_zone(agent, "riverside", zone="North", reason="again")
    station.refresh_from_db()
    assert station.zone == "North"
    assert AuditEntry.objects.filter(action="station.zone_set").count() == 1
    with pytest.raises(InvalidInput):
        set_zone(agent, "riverside", zone="x" * 61, reason="?")
