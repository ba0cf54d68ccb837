"""The door that bookings use: all of the named pets, or NotFound."""

import pytest

from apps.common.clock import real_now
from apps.common.errors import NotFound
from apps.pets.selectors import access_owned_pets
from apps.pets.tests.factories import PetFactory

pytestmark = pytest.mark.django_db


def test_in_the_order_asked_each_once(owner):
    one, two = PetFactory.create(owner=owner), PetFactory.create(owner=owner)
    ids = [str(two.public_id), str(one.public_id), str(two.public_id)]
    assert access_owned_pets(owner, ids) == [two, one]


def test_one_foreign_pet_hides_all(owner):
    mine, foreign = PetFactory.create(owner=owner), PetFactory.create()
    with pytest.raises(NotFound):
        access_owned_pets(owner, [str(mine.public_id), str(foreign.public_id)])


def test_archived_and_malformed_ids(owner):
    archived = PetFactory.create(owner=owner, archived_at=real_now())
    for pet_id in (str(archived.public_id), "nonsense", ""):
        with pytest.raises(NotFound):
            access_owned_pets(owner, [pet_id])


def test_no_ids_no_pets(owner):
    assert access_owned_pets(owner, []) == []
