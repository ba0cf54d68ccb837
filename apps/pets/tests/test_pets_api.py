"""Owners keep their pets; strangers see none of them."""

from datetime import timedelta

import pytest

from apps.common.clock import business_now
from apps.pets import services as pets
from apps.pets.models import Pet
from apps.pets.tests.factories import PetFactory

pytestmark = pytest.mark.django_db
REX = {"name": "Rex", "species": "dog"}


def test_an_owner_adds_and_reads_a_pet(api, owner):
    answer = api(owner).post("/api/v1/pets", {**REX, "weight_grams": 12000, "born_on": "2020-05-01"})
    assert answer.status_code == 201
    body = answer.json()
    assert {**body, "id": "", "created_at": ""} == {
        "id": "", "created_at": "", "name": "Rex", "species": "dog", "breed": "", "sex": "unknown",
        "born_on": "2020-05-01", "weight_grams": 12000, "care_notes": "",
    }  # fmt: skip
    assert api(owner).get(f"/api/v1/pets/{body['id']}").json() == body


def test_a_list_shows_own_pets_newest_first_in_one_query(api, owner, django_assert_num_queries):
    first, second = PetFactory.create(owner=owner), PetFactory.create(owner=owner)
    PetFactory.create()
    PetFactory.create(owner=owner, archived_at=business_now())
    client = api(owner)
    with django_assert_num_queries(2):  # the caller, the page
        body = client.get("/api/v1/pets").json()
    assert [pet["id"] for pet in body["results"]] == [str(second.public_id), str(first.public_id)]
    assert (body["next"], body["previous"]) == (None, None)


def test_a_patch_changes_what_it_names(api, owner):
    pet = PetFactory.create(owner=owner, breed="Collie")
    answer = api(owner).patch(f"/api/v1/pets/{pet.public_id}", {"name": "Bella"})
    assert (answer.status_code, answer.json()["name"], answer.json()["breed"]) == (200, "Bella", "Collie")


def test_an_archived_pet_is_gone_for_its_owner_and_stays_in_the_table(api, owner):
    pet = PetFactory.create(owner=owner)
    path = f"/api/v1/pets/{pet.public_id}"
    assert api(owner).delete(path).status_code == 204
    assert api(owner).get(path).status_code == 404
    assert api(owner).delete(path).status_code == 404
    assert Pet.objects.get().archived_at is not None


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_stranger_gets_404_and_changes_nothing(api, stranger, method):
    pet = PetFactory.create()
    answer = getattr(api(stranger), method)(f"/api/v1/pets/{pet.public_id}", {"name": "Stolen"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "pet_not_found")
    fresh = Pet.objects.get()
    assert (fresh.name, fresh.archived_at) == (pet.name, None)


def test_nobody_without_a_token(api):
    assert api().get("/api/v1/pets").status_code == 401


def test_an_id_that_is_none(api, owner):
    assert api(owner).get("/api/v1/pets/not-an-id").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 61),
        ("name", "nul\x00"),
        ("species", "dragon"),
        ("sex", "other"),
        ("weight_grams", 0),
        ("weight_grams", 200_001),
        ("born_on", "2020-02-30"),
        ("born_on", "2999-01-01"),
        ("born_on", "1800-01-01"),
    ],
)
def test_bad_input_names_its_field(api, owner, field, value):
    answer = api(owner).post("/api/v1/pets", {**REX, field: value})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "validation_error"
    assert list(answer.json()["error"]["details"]) == [field]
    assert not Pet.objects.exists()


def test_born_today_is_fine(api, owner):
    today = business_now().date().isoformat()
    assert api(owner).post("/api/v1/pets", {**REX, "born_on": today}).status_code == 201
    later = (business_now().date() + timedelta(days=2)).isoformat()
    assert api(owner).post("/api/v1/pets", {**REX, "born_on": later}).status_code == 400


def test_too_many_pets(api, owner, monkeypatch):
    monkeypatch.setattr(pets, "MAX_PETS_PER_OWNER", 1)
    PetFactory.create(owner=owner)
    answer = api(owner).post("/api/v1/pets", REX)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_pets")
    assert Pet.objects.count() == 1
