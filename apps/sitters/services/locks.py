"""All row locks of this app, in one order: sitter, then case or nights by date."""

from typing import Any

from django.db import IntegrityError, transaction

from apps.common.errors import NotFound
from apps.sitters.models import SitterProfile, VettingCase


def lock_sitter(pk: int) -> SitterProfile:
    """Lock one sitter's row until the transaction ends.

    Raises: NotFound.
    """
    sitter = SitterProfile.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if sitter is None:
        raise NotFound
    return sitter


def lock_profile_of(user: Any) -> SitterProfile:
    """Lock the user's profile; make an empty one the first time."""
    mine = SitterProfile.objects.select_for_update(no_key=True).filter(user=user)
    sitter = mine.first()
    if sitter is None:
        try:
            with transaction.atomic():
                SitterProfile.objects.create(user=user)
        except IntegrityError:  # a parallel request was first: take its row
            pass
        sitter = mine.get()
    return sitter


def lock_case(case: VettingCase) -> VettingCase:
    """Lock the case's sitter, then the case, and return it as it is now."""
    lock_sitter(case.sitter_id)
    return VettingCase.objects.select_for_update().select_related("sitter").get(pk=case.pk)
