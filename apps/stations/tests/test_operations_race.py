"""Sweeps, forms and buttons at the same instant: one visit, one alert, one change of it."""

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.common.clock import real_now
from apps.stations.models import Alert, AlertEntry, MaintenanceVisit, Refill, Station, TankSample
from apps.stations.services import alerts, history
from apps.stations.services.reconciliation import sweep_chemicals
from apps.stations.services.visits import Poured, record_visit
from apps.stations.tests.factories import make_station
from petwash.testing.races import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def leaking() -> Station:
    station, now = make_station(), real_now().replace(second=0, microsecond=0)
    Station.objects.update(connection_changed_at=now - timedelta(days=2))
    tank = station.tanks.get(chemical="shampoo")
    for ago in range(100, 50, -1):
        TankSample.objects.create(tank=tank, minute=now - timedelta(minutes=ago), level_ml=8_000 + 10 * ago)
    return station


def test_sweeps_at_once_raise_one_alert(leaking: Station) -> None:
    assert race(*[sweep_chemicals] * 4) == [1, 1, 1, 1]
    assert [alert.component for alert in Alert.objects.all()] == ["tank:shampoo:leak"]
    assert [entry.change for entry in AlertEntry.objects.all()] == ["raised"]


def test_buttons_at_once_change_an_alert_once(leaking: Station, agent: User) -> None:
    sweep_chemicals()
    alert = str(Alert.objects.get().public_id)
    escalated = race(*[lambda: alerts.escalate(agent, alert, reason="looks bad").severity] * 3)
    cleared = race(*[lambda: alerts.clear(agent, alert, reason="mended").component] * 3)
    assert sorted(escalated) == ["alert_critical", "alert_critical", "critical"]
    assert sorted(cleared) == ["alert_cleared", "alert_cleared", "tank:shampoo:leak"]
    assert [entry.change for entry in AlertEntry.objects.all()] == ["raised", "escalated", "cleared"]


def test_a_form_that_is_sent_by_many_at_once_is_one_visit(agent: User) -> None:
    make_station()
    now = real_now()

    def send() -> int:
        refills = [Poured("shampoo", 1_000, 9_000)]
        return record_visit(agent, "riverside", key="form-1", visited_at=now, done="Filled.", refills=refills).pk

    assert len(set(race(*[send] * 4))) == 1
    assert (MaintenanceVisit.objects.count(), Refill.objects.count()) == (1, 1)


def test_a_minute_that_is_sampled_by_many_at_once_is_one_sample(leaking: Station) -> None:
    before = TankSample.objects.count()
    now = real_now()
    assert sorted(race(*[lambda: history.take_samples(now)] * 4)) == [0, 0, 0, 2]
    assert TankSample.objects.count() == before + 2
