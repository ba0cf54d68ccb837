"""What the pets app holds of a person."""

from typing import Any

from apps.common.clock import real_now
from apps.common.privacy import register
from apps.pets.models import Pet


def export(user: Any) -> dict[str, Any]:
    """Return every pet of the person, archived ones too."""
    return {
        "pets": [
            {
                "id": str(pet.public_id),
                "name": pet.name,
                "species": pet.species,
                "breed": pet.breed,
                "sex": pet.sex,
                "born_on": pet.born_on.isoformat() if pet.born_on else None,
                "weight_grams": pet.weight_grams,
                "care_notes": pet.care_notes,
                "created_at": pet.created_at.isoformat(),
                "archived_at": pet.archived_at.isoformat() if pet.archived_at else None,
            }
            for pet in Pet.objects.filter(owner=user).order_by("id")
        ]
    }


def erase(user: Any) -> None:
    """Empty what describes the pets; the rows stay for the bookings that point at them."""
    pets = Pet.objects.filter(owner=user)
    pets.filter(archived_at__isnull=True).update(archived_at=real_now())
    pets.update(name="deleted", breed="", care_notes="", born_on=None, weight_grams=None)


register("pets", export=export, erase=erase)
