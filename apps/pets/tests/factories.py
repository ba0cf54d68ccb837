"""Pets for tests."""

import factory

from apps.accounts.tests.factories import UserFactory
from apps.pets.models import Pet
from apps.pets.states import Species


class PetFactory(factory.django.DjangoModelFactory[Pet]):
    """A dog."""

    class Meta:
        model = Pet

    owner = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Rex {n}")
    species = Species.DOG
