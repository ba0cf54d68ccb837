"""The public picture: where one can wash, what works, and never a wash id."""

import pytest

from apps.stations.models import Station, Wash
from apps.stations.tests.device import Device
from apps.stations.tests.factories import make_station

pytestmark = pytest.mark.django_db
LIVE = "/api/v1/wash/status/live"


def test_the_live_status_shows_bays_levels_and_alerts(api, device: Device, running: Wash) -> None:
    device.say(device.level(1_000), device.state("running", running, seconds_left=150))
    body = api().get(LIVE, {"station": "riverside"}).json()
    (picture,) = body["stations"]
    first = picture["bays"][0]
    assert (first["number"], first["state"], first["seconds_left"]) == (1, "running", 150)
    assert set(first) == {"id", "number", "state", "seconds_left"}
    tank = next(tank for tank in picture["tanks"] if tank["chemical"] == "shampoo")
    assert tank == {
        "chemical": "shampoo",
        "level_ml": 1_000,
        "capacity_ml": 20_000,
        "level_pct": 5,
        "status": "critical",
    }
    assert (picture["online"], picture["alerts"]) == (True, 1)


def test_nothing_public_names_a_wash(api, device: Device, running: Wash) -> None:
    for path in (LIVE, "/api/v1/wash/stations", "/api/v1/wash/stations/riverside"):
        assert str(running.public_id) not in api().get(path).content.decode()


def test_an_unknown_station_is_not_found(api, station: Station) -> None:
    assert api().get(LIVE, {"station": "nowhere"}).status_code == 404
    assert api().get("/api/v1/wash/stations/nowhere").status_code == 404


def test_places_show_programs_with_prices_and_what_works_now(api, station: Station) -> None:
    body = api().get("/api/v1/wash/stations/riverside").json()
    assert body["available"] is True
    assert body["programs"] == [
        {"code": "quick", "name": "Quick wash", "seconds": 300, "price_minor": 900, "currency": "USD"}
    ]
    Station.objects.update(online=False)
    assert api().get("/api/v1/wash/stations/riverside").json()["available"] is False


def test_the_list_is_a_page(api, station: Station) -> None:
    make_station("hillside")
    body = api().get("/api/v1/wash/stations", {"limit": 1}).json()
    assert ([row["id"] for row in body["results"]], body["previous"]) == (["riverside"], None)
    rest = api().get("/api/v1/wash/stations", {"limit": 1, "cursor": body["next"]}).json()
    assert [row["id"] for row in rest["results"]] == ["hillside"]


@pytest.mark.parametrize(("path", "queries"), [(LIVE, 3), ("/api/v1/wash/stations", 4)])
def test_more_stations_cost_no_more_queries(api, django_assert_num_queries, path: str, queries: int) -> None:
    for number in range(5):
        make_station(f"station-{number}")
    with django_assert_num_queries(queries):
        assert api().get(path).status_code == 200
