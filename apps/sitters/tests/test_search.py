"""GET /sitters: only whom one can book, never where they live."""

from datetime import timedelta

import pytest

from apps.common.clock import advance_business_clock, business_now
from apps.sitters import services as sitters
from apps.sitters.geo import Place, distance_km
from apps.sitters.models import SitterNight, SitterProfile
from apps.sitters.tests.factories import BERLIN, ClearedSitterFactory, SitterProfileFactory

pytestmark = pytest.mark.django_db
HERE = {"lat": BERLIN.lat, "lng": BERLIN.lng}


def found(client, **query):
    answer = client.get("/api/v1/sitters", query)
    assert answer.status_code == 200, answer.json()
    return [row["display_name"] for row in answer.json()["results"]]


def north_of_here(km, **fields):
    return ClearedSitterFactory.create(lat=BERLIN.lat + km / 111.195, **fields)


def test_only_cleared_and_listed_sitters_of_active_people(api):
    seen = ClearedSitterFactory.create()
    ClearedSitterFactory.create(listed=False)
    SitterProfileFactory.create(listed=True)
    ClearedSitterFactory.create(user__status="suspended")
    ClearedSitterFactory.create(cleared_at=business_now() - timedelta(days=366))
    assert found(api()) == [seen.display_name]


def test_nearest_first_within_the_radius(api):
    far = north_of_here(20)
    near = north_of_here(1)
    north_of_here(30)
    assert found(api(), **HERE) == [near.display_name, far.display_name]
    assert found(api(), **HERE, radius_km=5) == [near.display_name]


def test_distance_is_told_and_measured_from_the_blurred_place(api, sitter_user):
    sitters.save_profile(sitter_user, place=BERLIN, display_name="Simon", timezone="Europe/Berlin", listed=True)
    now = business_now()
    SitterProfile.objects.update(
        vetting_status="cleared", clearance_date=now.date(), cleared_at=now,
        clearance_expires_at=now + timedelta(days=365), night_capacity=1,
    )  # fmt: skip
    [row] = api().get("/api/v1/sitters", HERE).json()["results"]
    shown = Place(row["place"]["lat"], row["place"]["lng"])
    assert 0.24 <= distance_km(BERLIN, shown) <= 0.51
    assert row["distance_km"] == round(distance_km(BERLIN, shown), 1)
    profile = SitterProfile.objects.get()
    again = api().get(f"/api/v1/sitters/{profile.public_id}").json()
    assert (again["place"], again["distance_km"]) == (row["place"], None)
    assert shown.lat != BERLIN.lat
    assert {"lat", "lng"}.isdisjoint(row)


def test_across_the_antimeridian(api):
    fiji = ClearedSitterFactory.create(lat=-17.0, lng=-179.95)
    assert found(api(), lat=-17.0, lng=179.95) == [fiji.display_name]


def test_by_service_and_number_of_pets(api):
    boarder = ClearedSitterFactory.create(capacities={"boarding": 2})
    ClearedSitterFactory.create(capacities={"day_care": 5})
    assert found(api(), service="boarding", pets=2) == [boarder.display_name]
    assert found(api(), service="boarding", pets=3) == []


def test_only_who_is_free_in_every_night(api):
    start = business_now().date() + timedelta(days=5)
    stay = {"start_date": start.isoformat(), "end_date": (start + timedelta(days=3)).isoformat(), "service": "boarding"}
    free, full, closed, away, elsewhen = (ClearedSitterFactory.create() for _ in range(5))
    night = start + timedelta(days=2)
    SitterNight.objects.create(sitter=full, night=night, capacity=4, booked=2)
    SitterNight.objects.create(sitter=closed, night=night, capacity=4, blocked=True)
    SitterNight.objects.create(sitter=away, night=night, capacity=4, booked=4, exclusive=True)
    SitterNight.objects.create(sitter=elsewhen, night=start + timedelta(days=3), capacity=4, blocked=True)
    SitterNight.objects.create(sitter=free, night=night, capacity=4, booked=1)
    assert set(found(api(), **stay)) == {free.display_name, elsewhen.display_name}
    assert found(api(), **{**stay, "service": "house_sitting"}) == [elsewhen.display_name]
    assert set(found(api(), **{**stay, "service": "day_care", "pets": 2})) == {
        free.display_name, full.display_name, elsewhen.display_name,
    }  # fmt: skip


def test_cheapest_first(api):
    dear, cheap = ClearedSitterFactory.create(), ClearedSitterFactory.create()
    cheap.services.update(nightly_minor=1000)
    assert found(api(), sort="price", service="boarding") == [cheap.display_name, dear.display_name]


@pytest.mark.parametrize("sort", ["newest", "price", "distance"])
def test_pages_show_each_sitter_once(api, sort):
    everybody = {ClearedSitterFactory.create().display_name for _ in range(7)}
    query = {**HERE, "sort": sort, "service": "boarding", "limit": 3}
    seen, cursor = [], None
    for _ in range(3):
        page = api().get("/api/v1/sitters", query | ({"cursor": cursor} if cursor else {})).json()
        seen += [row["display_name"] for row in page["results"]]
        cursor = page["next"]
    assert cursor is None
    assert (len(seen), set(seen)) == (7, everybody)


def test_two_queries_whatever_the_number_of_rows(api, django_assert_num_queries):
    for _ in range(6):
        ClearedSitterFactory.create()
    client = api()
    advance_business_clock(1)
    with django_assert_num_queries(3):  # the business clock of the demo, sitters, their services
        assert len(found(client, **HERE)) == 6


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"lat": 1}, "lng"),
        ({"lng": 1}, "lat"),
        ({"lat": 91, "lng": 0}, "lat"),
        ({"lat": "nan", "lng": 0}, "lat"),
        ({"lat": "x", "lng": 0}, "lat"),
        ({"radius_km": 0}, "radius_km"),
        ({"radius_km": 201}, "radius_km"),
        ({"start_date": "2026-12-01"}, "end_date"),
        ({"end_date": "2026-12-01"}, "start_date"),
        ({"start_date": "2026-12-02", "end_date": "2026-12-02"}, "end_date"),
        ({"start_date": "2026-12-02", "end_date": "2026-12-01"}, "end_date"),
        ({"start_date": "2026-12-02", "end_date": "2027-12-01"}, "end_date"),
        ({"start_date": "soon", "end_date": "2026-12-01"}, "start_date"),
        ({"service": "grooming"}, "service"),
        ({"pets": 0}, "pets"),
        ({"pets": 21}, "pets"),
        ({"sort": "best"}, "sort"),
        ({"sort": "distance"}, "lat"),
        ({"sort": "price"}, "service"),
    ],
)
def test_bad_input_names_its_field(api, query, field):
    answer = api().get("/api/v1/sitters", query)
    assert answer.status_code == 400
    assert list(answer.json()["error"]["details"]) == [field]


def test_a_public_profile(api):
    sitter = ClearedSitterFactory.create(capacities={"boarding": 2})
    body = api().get(f"/api/v1/sitters/{sitter.public_id}").json()
    assert body == {
        "id": str(sitter.public_id), "display_name": sitter.display_name, "bio": "",
        "place": {"lat": sitter.public_lat, "lng": sitter.public_lng}, "timezone": "UTC", "badge": "vetted",
        "currency": "USD", "cancellation_tier": "moderate", "cancelled_stays": 0, "missed_stays": 0,
        "distance_km": None,
        "services": [{"service": "boarding", "nightly_minor": 4000, "extra_pet_minor": 1500, "capacity": 2}],
    }  # fmt: skip


def test_no_profile_of_whom_one_cannot_book(api):
    hidden = [
        SitterProfileFactory.create(),
        ClearedSitterFactory.create(listed=False),
        ClearedSitterFactory.create(user__status="suspended"),
        ClearedSitterFactory.create(cleared_at=business_now() - timedelta(days=366)),
    ]
    for path in [*(str(sitter.public_id) for sitter in hidden), "nonsense"]:
        assert api().get(f"/api/v1/sitters/{path}").status_code == 404
