"""Trouble is one alert a component: raised once, escalated, acknowledged, cleared, with who and when."""

from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.common.errors import Conflict, NotFound
from apps.common.models import AuditEntry
from apps.stations.models import Alert, Station, Tank
from apps.stations.services import alerts, sweeps
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db


def open_alerts() -> list[tuple[str, str]]:
    rows = Alert.objects.filter(cleared_at=None).order_by("id")
    return [(row.component, row.severity) for row in rows]


def test_falling_below_critical_raises_one_alert(device: Device) -> None:
    for level in (1_999, 1_500, 1_000, 10):
        device.say(device.level(level))
    sweeps.sweep_levels()
    assert open_alerts() == [("tank:shampoo", "critical")]
    assert Alert.objects.count() == 1


def test_a_warning_becomes_critical_in_the_same_alert(device: Device) -> None:
    device.say(device.level(4_000))
    assert open_alerts() == [("tank:shampoo", "warning")]
    device.say(device.level(1_000))
    alert = Alert.objects.get()
    assert (alert.severity, alert.level_pct) == ("critical", 5)
    assert [entry.change for entry in alert.entries.all()] == ["raised", "escalated"]


def test_the_device_and_the_level_speak_of_the_same_alert(device: Device) -> None:
    report = device.alert("shampoo", 7)
    first, again = device.say(report), device.say(report)
    device.say(device.level(1_400))
    assert first.evacks == again.evacks
    assert open_alerts() == [("tank:shampoo", "critical")]
    assert Alert.objects.count() == 1


def test_a_refill_clears_it_and_the_next_drain_raises_a_new_one(device: Device) -> None:
    device.say(device.level(1_000))
    device.say(device.level(19_000))
    assert open_alerts() == []
    device.say(device.level(1_000))
    assert open_alerts() == [("tank:shampoo", "critical")]
    assert Alert.objects.count() == 2


def test_a_level_that_waves_around_the_threshold_stays_one_alert(device: Device) -> None:
    for level in (1_990, 2_010, 1_990, 2_590, 1_990):
        device.say(device.level(level))
    assert Alert.objects.count() == 1


def test_the_sweep_finds_what_no_message_told(station: Station) -> None:
    Tank.objects.filter(chemical="shampoo").update(level_ml=100)
    assert sweeps.sweep_levels() == 1
    assert open_alerts() == [("tank:shampoo", "critical")]
    Tank.objects.filter(chemical="shampoo").update(level_ml=20_000, reported_at=real_now())
    assert sweeps.sweep_levels() == 0
    assert open_alerts() == []


def test_the_sweep_leaves_a_report_alone_that_is_newer_than_the_level(device: Device) -> None:
    device.say(device.level(2_200, ts=real_now() - timedelta(seconds=5)))
    device.say(device.alert("shampoo", 9))
    sweeps.sweep_levels()
    assert open_alerts() == [("tank:shampoo", "critical")]


def test_a_sweep_of_many_tanks_that_are_well_costs_one_query(db, django_assert_num_queries) -> None:
    for number in range(4):
        make_station(f"station-{number}")
    with django_assert_num_queries(1):
        assert sweeps.sweep_levels() == 0


def test_a_bay_in_fault_raises_an_alert_until_it_works(device: Device) -> None:
    device.say(device.state("fault", fault="no_water"))
    device.say(device.state("fault", fault="no_water"))
    assert open_alerts() == [("bay:1", "critical")]
    device.say(device.state("idle"))
    assert open_alerts() == []


def test_acknowledging_says_who_and_is_audited(device: Device, agent) -> None:
    device.say(device.level(1_000))
    alert = Alert.objects.get()
    alerts.acknowledge(agent, str(alert.public_id), reason="refill ordered")
    alerts.acknowledge(agent, str(alert.public_id), reason="again")
    entries = [(entry.change, entry.actor_id) for entry in alert.entries.all()]
    assert entries == [("raised", None), ("acknowledged", agent.pk)]
    assert AuditEntry.objects.get(action="alert.acknowledged").reason == "refill ordered"


def test_clearing_by_hand_says_who_and_a_low_level_comes_back(device: Device, agent) -> None:
    device.say(device.level(1_000))
    alert = Alert.objects.get()
    alerts.clear(agent, str(alert.public_id), reason="looked at it")
    assert open_alerts() == []
    with pytest.raises(Conflict, match="already cleared"):
        alerts.clear(agent, str(alert.public_id), reason="again")
    sweeps.sweep_levels()
    assert open_alerts() == [("tank:shampoo", "critical")]


def test_an_unknown_alert_is_not_found(agent) -> None:
    with pytest.raises(NotFound):
        alerts.acknowledge(agent, "0197f0a0-7c1e-7000-8000-000000000001", reason="?")


def test_history_refuses_to_be_changed(device: Device) -> None:
    from django.db import DatabaseError

    device.say(device.level(1_000))
    with pytest.raises(DatabaseError, match="append-only"):
        Alert.objects.get().entries.update(reason="never happened")


def test_the_sweep_lets_an_open_alert_speak_of_the_level_of_now(device: Device) -> None:
    device.say(device.level(4_000))
    device.say(device.level(3_000))
    sweeps.sweep_levels()
    alert = Alert.objects.get()
    assert (alert.severity, alert.level_pct, alert.message) == ("warning", 15, "shampoo is at 15%: refill it.")
    assert alert.entries.count() == 1
