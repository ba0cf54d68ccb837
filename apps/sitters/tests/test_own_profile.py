"""PUT and GET of the sitter's profile, price list and calendar."""

from datetime import timedelta

import pytest

from apps.common.clock import business_now
from apps.sitters.models import SitterNight, SitterProfile
from apps.sitters.tests.factories import ClearedSitterFactory

pytestmark = pytest.mark.django_db
PROFILE, RATES, CALENDAR = "/api/v1/sitter/profile", "/api/v1/sitter/rates", "/api/v1/sitter/calendar"
SIMON = {"display_name": "Simon", "lat": 52.52, "lng": 13.405, "timezone": "Europe/Berlin"}
BOARDING = {"service": "boarding", "nightly_minor": 4000, "extra_pet_minor": 1000, "capacity": 2}


def day(offset):
    return (business_now().date() + timedelta(days=offset)).isoformat()


def test_a_profile_is_written_and_read(api, sitter_user):
    answer = api(sitter_user).put(PROFILE, SIMON)
    assert answer.status_code == 200
    assert {**answer.json(), "id": ""} == {
        **SIMON, "id": "", "bio": "", "listed": False, "currency": "USD", "cancellation_tier": "moderate",
        "plan": "standard", "vetting_status": "not_submitted", "trust_badge": "none", "services": [],
    }  # fmt: skip
    assert api(sitter_user).get(PROFILE).json() == answer.json()


def test_what_is_not_sent_stays(api, sitter_user):
    api(sitter_user).put(PROFILE, {**SIMON, "bio": "Two gardens.", "listed": True})
    body = api(sitter_user).put(PROFILE, {"display_name": "Simon S."}).json()
    assert (body["display_name"], body["bio"], body["listed"], body["lat"]) == ("Simon S.", "Two gardens.", True, 52.52)


def test_a_sitter_cannot_clear_or_promote_themselves(api, sitter_user):
    api(sitter_user).put(PROFILE, {**SIMON, "vetting_status": "cleared", "trust_badge": "vetted", "plan": "premium"})
    profile = SitterProfile.objects.get()
    assert (profile.vetting_status, profile.trust_badge, profile.plan) == ("not_submitted", "none", "standard")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("display_name", "", "display_name"),
        ("display_name", "x" * 61, "display_name"),
        ("bio", "x" * 2001, "bio"),
        ("lat", 91, "lat"),
        ("lat", None, "lat"),
        ("lng", "west", "lng"),
        ("timezone", "Mars/Olympus", "timezone"),
        ("timezone", "../etc/passwd", "timezone"),
        ("currency", "usd", "currency"),
        ("cancellation_tier", "never", "cancellation_tier"),
        ("listed", "perhaps", "listed"),
    ],
)
def test_bad_input_names_its_field(api, sitter_user, field, value, named):
    answer = api(sitter_user).put(PROFILE, {**SIMON, field: value})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [named])
    assert not SitterProfile.objects.filter(display_name="Simon").exists()


@pytest.mark.parametrize(("body", "named"), [({"lat": 1.0}, "lng"), ({"lng": 1.0}, "lat"), ({"listed": True}, "lat")])
def test_a_place_is_whole_and_needed_to_be_listed(api, sitter_user, body, named):
    answer = api(sitter_user).put(PROFILE, {"display_name": "Simon", **body})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [named])


@pytest.mark.parametrize("path", [PROFILE, RATES, CALENDAR])
def test_is_for_sitters(api, owner, path):
    assert api(owner).get(path).json()["error"]["code"] == "sitter_role_required"
    assert api().get(path).status_code == 401


@pytest.mark.parametrize("path", [PROFILE, RATES, CALENDAR])
def test_before_anything_was_entered(api, sitter_user, path):
    answer = api(sitter_user).get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_sitter_profile")


def test_a_price_list_is_replaced(api, sitter_user):
    house = {"service": "house_sitting", "nightly_minor": 9000, "extra_pet_minor": 0, "capacity": 5}
    api(sitter_user).put(RATES, {"services": [BOARDING, house]})
    answer = api(sitter_user).put(RATES, {"services": [{**BOARDING, "nightly_minor": 4500}]})
    assert answer.json() == {"services": [{**BOARDING, "nightly_minor": 4500}], "currency": "USD"}
    assert api(sitter_user).get(RATES).json() == answer.json()
    assert SitterProfile.objects.get().night_capacity == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("service", "grooming"),
        ("nightly_minor", 0),
        ("nightly_minor", -1),
        ("nightly_minor", 40.5),
        ("nightly_minor", 1_000_000_001),
        ("extra_pet_minor", -1),
        ("capacity", 0),
        ("capacity", 21),
    ],
)
def test_a_bad_price_is_refused_whole(api, sitter_user, field, value):
    answer = api(sitter_user).put(RATES, {"services": [BOARDING | {"service": "day_care"}, {**BOARDING, field: value}]})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["services"])
    assert not SitterProfile.objects.exists()


def test_a_service_named_twice_is_refused(api, sitter_user):
    answer = api(sitter_user).put(RATES, {"services": [BOARDING, BOARDING]})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["services"])


def test_the_currency_is_fixed_while_prices_are_set(api, sitter_user):
    api(sitter_user).put(RATES, {"services": [BOARDING]})
    answer = api(sitter_user).put(PROFILE, {**SIMON, "currency": "EUR"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "currency_in_use")
    api(sitter_user).put(RATES, {"services": []})
    assert api(sitter_user).put(PROFILE, {**SIMON, "currency": "EUR"}).json()["currency"] == "EUR"


def test_a_smaller_capacity_never_cuts_what_is_booked(api):
    sitter = ClearedSitterFactory.create(capacities={"boarding": 4})
    nights = {}
    for offset, booked, exclusive in ((-1, 0, False), (1, 0, False), (2, 3, False), (3, 4, True)):
        nights[offset] = SitterNight.objects.create(
            sitter=sitter, night=day(offset), capacity=4, booked=booked, exclusive=exclusive
        )
    api(sitter.user).put(RATES, {"services": [{**BOARDING, "capacity": 1}]})
    capacity = {offset: SitterNight.objects.get(pk=night.pk).capacity for offset, night in nights.items()}
    assert capacity == {-1: 4, 1: 1, 2: 3, 3: 4}


@pytest.fixture
def sitter():
    return ClearedSitterFactory.create(capacities={"boarding": 2})


def test_a_calendar_shows_60_open_nights(api, sitter):
    nights = api(sitter.user).get(CALENDAR).json()["nights"]
    assert len(nights) == 60
    assert nights[0] == {"date": day(0), "available": True, "capacity": 2, "booked": 0, "free": 2}


def test_nights_are_closed_and_opened(api, sitter):
    body = {"nights": [{"date": day(1), "available": False}, {"date": day(2), "available": True}]}
    answer = api(sitter.user).put(CALENDAR, body)
    assert [(night["available"], night["free"]) for night in answer.json()["nights"]] == [(False, 0), (True, 2)]
    assert api(sitter.user).put(CALENDAR, body).json() == answer.json()
    reopened = api(sitter.user).put(CALENDAR, {"nights": [{"date": day(1), "available": True}]})
    assert reopened.json()["nights"][0]["free"] == 2


def test_a_booked_night_cannot_be_closed_nor_the_others_with_it(api, sitter):
    SitterNight.objects.create(sitter=sitter, night=day(2), capacity=2, booked=1)
    body = {"nights": [{"date": day(n), "available": False} for n in (1, 2)]}
    answer = api(sitter.user).put(CALENDAR, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "night_booked")
    assert answer.json()["error"]["details"] == {"nights": [day(2)]}
    assert not SitterNight.objects.filter(blocked=True).exists()


@pytest.mark.parametrize(
    "nights",
    [
        [],
        [{"date": "2020-01-01", "available": True}],
        [{"date": "soon", "available": True}],
        [{"date": "9999-12-31", "available": True}],
        [{"date": "2030-01-01"}],
        [{"date": "2030-01-01", "available": True}, {"date": "2030-01-01", "available": False}],
        "all",
    ],
)
def test_bad_nights_are_refused(api, sitter, nights):
    answer = api(sitter.user).put(CALENDAR, {"nights": nights})
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["nights"])


def test_today_is_the_sitters_today(api, sitter):
    SitterProfile.objects.update(timezone="Pacific/Kiritimati")
    ahead = (business_now() + timedelta(hours=14)).date()
    assert api(sitter.user).get(CALENDAR).json()["nights"][0]["date"] == ahead.isoformat()


@pytest.mark.parametrize(
    "query", [{"start": "2026-12-02", "end": "2026-12-01"}, {"start": "2026-01-01", "end": "2028-01-01"}]
)
def test_a_bad_range_is_refused(api, sitter, query):
    answer = api(sitter.user).get(CALENDAR, query)
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["end"])
