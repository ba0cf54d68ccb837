"""What the API of pets reads and writes."""

from datetime import date
from typing import Any

from rest_framework import serializers

from apps.common.clock import business_now
from apps.pets.states import Sex, Species

HEAVIEST_GRAMS = 200_000
OLDEST_YEARS = 100


class PetInputSerializer(serializers.Serializer[Any]):
    """A pet as its owner describes it."""

    name = serializers.CharField(max_length=60)
    species = serializers.ChoiceField(Species.choices)
    breed = serializers.CharField(max_length=80, allow_blank=True, required=False)
    sex = serializers.ChoiceField(Sex.choices, required=False)
    born_on = serializers.DateField(allow_null=True, required=False)
    weight_grams = serializers.IntegerField(min_value=1, max_value=HEAVIEST_GRAMS, allow_null=True, required=False)
    care_notes = serializers.CharField(max_length=4000, allow_blank=True, required=False)

    def validate_born_on(self, value: date | None) -> date | None:
        """Neither unborn nor older than any pet was."""
        today = business_now().date()
        if value is not None and value > today:
            raise serializers.ValidationError("must not be in the future")
        if value is not None and today.year - value.year > OLDEST_YEARS:
            raise serializers.ValidationError(f"must be within the last {OLDEST_YEARS} years")
        return value


class PetSerializer(PetInputSerializer):
    """A pet as the API shows it."""

    id = serializers.UUIDField(source="public_id")
    breed = serializers.CharField()
    sex = serializers.ChoiceField(Sex.choices)
    born_on = serializers.DateField(allow_null=True)
    weight_grams = serializers.IntegerField(allow_null=True)
    care_notes = serializers.CharField()
    created_at = serializers.DateTimeField()
