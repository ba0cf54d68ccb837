"""Visits and refills are recorded once, checked against the tanks, and explain a level that rose."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.common.models import AuditEntry
from apps.stations.models import Alert, MaintenanceVisit, Refill, Station, TankSample
from apps.stations.services.reconciliation import sweep_chemicals
from apps.stations.services.visits import Poured, record_visit
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db
SHAMPOO = Poured("shampoo", 1_000, 19_000, "C-77")


def visit(actor: User, *refills: Poured, **changes: Any) -> MaintenanceVisit:
    given: dict[str, Any] = {"key": "form-1", "visited_at": real_now(), "done": "Filled up, cleaned."}
    return record_visit(actor, "riverside", refills=refills, **given | changes)


def test_a_visit_says_who_what_and_how_much(station: Station, agent: User) -> None:
    visit(agent, SHAMPOO)
    row = MaintenanceVisit.objects.get()
    assert (row.station, row.actor, row.done) == (station, agent, "Filled up, cleaned.")
    refill = row.refills.get()
    assert (refill.tank.chemical, refill.before_ml, refill.after_ml, refill.canister) == (
        "shampoo",
        1_000,
        19_000,
        "C-77",
    )
    assert AuditEntry.objects.get(action="station.visited").actor_id == agent.pk


def test_the_same_form_twice_is_one_visit(station: Station, agent: User) -> None:
    assert visit(agent, SHAMPOO) == visit(agent, SHAMPOO)
    assert (MaintenanceVisit.objects.count(), Refill.objects.count()) == (1, 1)
    assert AuditEntry.objects.filter(action="station.visited").count() == 1


def test_a_form_belongs_to_one_station(station: Station, agent: User) -> None:
    visit(agent)
    make_station("hillside")
    with pytest.raises(Conflict) as refusal:
        record_visit(agent, "hillside", key="form-1", visited_at=real_now(), done="?")
    assert refusal.value.code == "key_reused"


@pytest.mark.parametrize(
    ("refills", "changes", "field"),
    [
        ((Poured("shampoo", 5_000, 5_000),), {}, "shampoo"),
        ((Poured("shampoo", 5_000, 20_001),), {}, "shampoo"),
        ((Poured("shampoo", -1, 100),), {}, "shampoo"),
        ((Poured("wax", 0, 100),), {}, "wax"),
        ((SHAMPOO, SHAMPOO), {}, "shampoo"),
        ((), {"done": " "}, "done"),
        ((), {"visited_at": real_now() + timedelta(hours=2)}, "visited_at"),
        ((), {"visited_at": real_now() - timedelta(days=31)}, "visited_at"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    station: Station, agent: User, refills: tuple[Poured, ...], changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        visit(agent, *refills, **changes)
    assert list(refusal.value.details) == [field]
    assert not MaintenanceVisit.objects.exists()


def test_an_unknown_station_is_not_found(agent: User) -> None:
    with pytest.raises(NotFound):
        visit(agent)


def test_a_record_that_comes_later_clears_the_alert_of_its_rise_and_of_no_other(station: Station, agent: User) -> None:
    now = real_now().replace(second=0, microsecond=0)
    Station.objects.update(connection_changed_at=now - timedelta(days=2))
    for chemical in ("shampoo", "disinfectant"):
        tank = station.tanks.get(chemical=chemical)
        for ago, level in ((200, 1_000), (199, 9_000)):
            TankSample.objects.create(tank=tank, minute=now - timedelta(minutes=ago), level_ml=level)
    sweep_chemicals(now)
    assert Alert.objects.filter(cleared_at=None).count() == 2
    visit(agent, SHAMPOO, visited_at=now - timedelta(hours=12))
    assert Alert.objects.filter(cleared_at=None).count() == 2
    visit(agent, SHAMPOO, key="form-2", visited_at=now - timedelta(minutes=190))
    assert list(Alert.objects.filter(cleared_at=None).values_list("component", flat=True)) == [
        "tank:disinfectant:refill"
    ]
    sweep_chemicals(now)
    assert Alert.objects.count() == 2


@pytest.mark.parametrize("statement", ["DELETE FROM stations_maintenancevisit", "DELETE FROM stations_refill"])
def test_a_visit_is_history(station: Station, agent: User, statement: str) -> None:
    visit(agent, SHAMPOO)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Refill.objects.count() == 1
