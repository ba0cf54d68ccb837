"""Reads of the pets app: the only doors to a pet."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.common.errors import NotFound
from apps.pets.models import Pet


def owned_pets(actor: Any) -> QuerySet[Pet]:
    """Return the actor's pets that are not archived."""
    return Pet.objects.filter(owner=actor, archived_at__isnull=True)


def access_pet(actor: Any, pet_id: str) -> Pet:
    """Return one of the actor's pets.

    Raises: NotFound, also for somebody else's or an archived pet.
    """
    return access_owned_pets(actor, [pet_id])[0]


def access_owned_pets(actor: Any, ids: Sequence[str]) -> list[Pet]:
    """Return the actor's pets in the order of `ids`, each once.

    Raises: NotFound if any of them is unknown, archived or somebody else's.
    """
    wanted = list(dict.fromkeys(_public_id(pet_id) for pet_id in ids))
    found = {pet.public_id: pet for pet in owned_pets(actor).filter(public_id__in=wanted)}
    if len(found) != len(wanted):
        raise NotFound("pet_not_found", "One of these pets does not exist, or is not yours.")
    return [found[public_id] for public_id in wanted]


def _public_id(pet_id: str) -> UUID:
    try:
        return UUID(str(pet_id))
    except ValueError:
        raise NotFound("pet_not_found", "One of these pets does not exist, or is not yours.") from None
