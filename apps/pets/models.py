"""Pets and who they belong to."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.common.clock import real_now
from apps.common.models import PublicModel
from apps.pets.states import Sex, Species


class Pet(PublicModel):
    """One animal. An archived pet stays for the stays it was in, and is shown no more."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pets")
    name = models.CharField(max_length=60)
    species = models.CharField(max_length=10, choices=Species)
    breed = models.CharField(max_length=80, blank=True)
    sex = models.CharField(max_length=10, choices=Sex, default=Sex.UNKNOWN)
    born_on = models.DateField(null=True, blank=True)
    weight_grams = models.PositiveIntegerField(null=True, blank=True)
    care_notes = models.TextField(max_length=4000, blank=True)
    created_at = models.DateTimeField(default=real_now)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "pets"
        indexes = [
            models.Index(fields=["owner", "-id"], name="pets_of_owner", condition=Q(archived_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="pets_weight_positive", condition=Q(weight_grams__isnull=True) | Q(weight_grams__gt=0)
            ),
        ]

    def __str__(self) -> str:
        return self.name
