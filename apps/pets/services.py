"""Use cases of the pets app."""

from typing import Any

from django.db import transaction

from apps.common.clock import real_now
from apps.common.errors import Conflict
from apps.pets.models import Pet
from apps.pets.selectors import access_pet, owned_pets

MAX_PETS_PER_OWNER = 50
FIELDS = frozenset({"name", "species", "breed", "sex", "born_on", "weight_grams", "care_notes"})


def add_pet(actor: Any, **fields: Any) -> Pet:
    """Write a new pet of the actor.

    Raises: Conflict too_many_pets beyond 50.
    """
    _only_known(fields)
    with transaction.atomic(durable=True):
        if owned_pets(actor).count() >= MAX_PETS_PER_OWNER:
            raise Conflict("too_many_pets", f"An owner has at most {MAX_PETS_PER_OWNER} pets: archive one first.")
        return Pet.objects.create(owner=actor, **fields)


def change_pet(actor: Any, pet_id: str, **fields: Any) -> Pet:
    """Write what is given; the rest stays.

    Raises: NotFound.
    """
    _only_known(fields)
    with transaction.atomic(durable=True):
        pet = access_pet(actor, pet_id)
        for name, value in fields.items():
            setattr(pet, name, value)
        if fields:
            pet.save(update_fields=list(fields))
    return pet


def archive_pet(actor: Any, pet_id: str) -> None:
    """Hide a pet; stays that it was or will be in keep it.

    Raises: NotFound, also the second time.
    """
    with transaction.atomic(durable=True):
        pet = access_pet(actor, pet_id)
        Pet.objects.filter(pk=pet.pk, archived_at__isnull=True).update(archived_at=real_now())


def _only_known(fields: dict[str, Any]) -> None:
    unknown = set(fields) - FIELDS
    if unknown:
        raise TypeError(f"not fields of a pet: {sorted(unknown)}")
