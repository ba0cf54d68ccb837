"""The refill list: what is low or soon empty, by zone, the most urgent first; as a page and as CSV."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.clock import real_now
from apps.stations.models import Station, Tank, TankDay
from apps.stations.refill_plan import as_csv, refill_plan
from apps.stations.tests.factories import make_station
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db


def use(tank: Tank, *daily: int, samples: int = 1440, used_ml: int = 0) -> None:
    """Let the tank have lost so much on each of the last days."""
    today = real_now().date()
    for ago, ml in enumerate(daily, start=1):
        TankDay.objects.create(
            tank=tank,
            day=today - timedelta(days=ago),
            samples=samples,
            fall_ml=ml,
            rise_ml=0,
            used_ml=used_ml,
            expected_ml=used_ml,
            washes=1,
        )


def level(station: Station, chemical: str, ml: int, status: str = "ok") -> Tank:
    station.tanks.filter(chemical=chemical).update(level_ml=ml, status=status)
    return station.tanks.get(chemical=chemical)


@pytest.fixture
def tours(db: None) -> None:
    """Two zones: the north has a tank for two days and one for five, the south a critical one."""
    near, far = make_station("near", zone="North"), make_station("far", zone="South")
    use(level(near, "shampoo", 5_000), 1_000, 1_000, 1_000)
    use(level(near, "disinfectant", 2_000), 1_000, 1_000, 1_000)
    level(far, "shampoo", 1_000, "critical")
    use(level(far, "disinfectant", 9_000), 1_000, 1_000, 1_000)


def test_tanks_are_listed_by_zone_and_urgency_with_what_to_fill(tours: None) -> None:
    plan = [(t.zone, [(x.station, x.chemical, x.fill_ml, x.days_left) for x in t.lines]) for t in refill_plan()]
    assert plan == [
        ("South", [("far", "shampoo", 19_000, None)]),
        ("North", [("near", "disinfectant", 8_000, 2.0), ("near", "shampoo", 15_000, 5.0)]),
    ]
    assert [tour.fill_ml for tour in refill_plan()] == [19_000, 23_000]


def test_looking_further_ahead_lists_more_and_nearer_less(tours: None) -> None:
    assert sum(len(tour.lines) for tour in refill_plan(30)) == 4
    assert [line.chemical for tour in refill_plan(2) for line in tour.lines] == ["shampoo", "disinfectant"]


def test_a_day_that_was_hardly_sampled_counts_by_the_words_of_the_bays(db: None) -> None:
    station = make_station("near")
    use(level(station, "shampoo", 1_000), 3, 3, 3, samples=10, used_ml=500)
    [tour] = refill_plan()
    assert tour.lines[0].days_left == 2.0


def test_a_day_of_silence_is_no_day_without_use(db: None) -> None:
    tank = level(make_station("near"), "shampoo", 1_000)
    use(tank, 500, 500)
    today = real_now().date()
    for ago in (3, 4, 5):
        TankDay.objects.create(
            tank=tank,
            day=today - timedelta(days=ago),
            samples=0,
            fall_ml=0,
            rise_ml=0,
            used_ml=0,
            expected_ml=0,
            washes=0,
        )
    assert refill_plan() == []


def test_a_revoked_station_gets_no_visit(tours: None) -> None:
    Station.objects.filter(slug="far").update(revoked_at=real_now())
    assert [tour.zone for tour in refill_plan()] == ["North"]


def test_more_stations_cost_no_more_queries(tours: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        refill_plan()
    assert len(queries) == 2


def test_the_csv_has_a_line_a_tank_and_no_formula(tours: None) -> None:
    Station.objects.filter(slug="far").update(name="=HYPERLINK(1)", zone="+South")
    rows = list(csv.DictReader(io.StringIO(as_csv(refill_plan()))))
    assert [(r["station"], r["tank"], r["fill_ml"], r["days_left"]) for r in rows] == [
        ("far", "shampoo", "19000", ""),
        ("near", "disinfectant", "8000", "2.0"),
        ("near", "shampoo", "15000", "5.0"),
    ]
    assert (rows[0]["name"], rows[0]["zone"]) == ("'=HYPERLINK(1)", "'+South")


def test_the_console_shows_the_list_and_gives_the_file(tours: None) -> None:
    client = console(member_of("Support"))
    page = client.get("/admin/stations/maintenancevisit/refills/").content.decode()
    assert page.index('data-tank="far/shampoo"') < page.index('data-tank="near/disinfectant"')
    assert "2000 ml are left" in page.replace(",", "")
    answer = client.get("/admin/stations/maintenancevisit/refills.csv?within=2")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert len(answer.content.decode().splitlines()) == 3


def test_the_week_stands_where_the_days_make_no_sense(tours: None) -> None:
    client = console(member_of("Operations"))
    for words in ("x", "-1", "99999999999", "²"):
        answer = client.get("/admin/stations/maintenancevisit/refills.csv", {"within": words})
        assert len(answer.content.decode().splitlines()) == 4, words


@pytest.mark.parametrize("name", ["refills/", "refills.csv", "at/near/figures/", "at/near/record/", "at/near/zone/"])
def test_finance_sees_none_of_it(tours: None, name: str) -> None:
    assert console(member_of("Finance")).get(f"/admin/stations/maintenancevisit/{name}").status_code == 403
