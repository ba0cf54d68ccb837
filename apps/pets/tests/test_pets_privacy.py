"""A person's pets can be exported and erased."""

import pytest

from apps.common import privacy
from apps.pets.models import Pet
from apps.pets.tests.factories import PetFactory

pytestmark = pytest.mark.django_db


def test_export_holds_every_value(owner):
    pet = PetFactory.create(owner=owner, breed="Collie", care_notes="two walks")
    PetFactory.create()
    [exported] = privacy.export_all(owner)["pets"]["pets"]
    assert (exported["id"], exported["breed"], exported["care_notes"]) == (str(pet.public_id), "Collie", "two walks")


def test_erase_keeps_the_row_and_nothing_that_describes_the_pet(owner):
    PetFactory.create(owner=owner, breed="Collie", care_notes="two walks", weight_grams=9000)
    other = PetFactory.create()
    privacy.erase_all(owner)
    pet = Pet.objects.get(owner=owner)
    assert (pet.name, pet.breed, pet.care_notes, pet.weight_grams) == ("deleted", "", "", None)
    assert pet.archived_at is not None
    assert Pet.objects.get(pk=other.pk).name == other.name
