"""The photo of a station: set and taken away by Operations with a reason; shown to everybody who sees the station."""

from collections.abc import Collection
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from apps.accounts.models import User
from apps.common import audit, pictures
from apps.common.errors import DomainError, InvalidInput, NotFound
from apps.stations.models import Station

FOLDER = "stations"


def set_photo(actor: User, slug: str, *, upload: "UploadedFile[Any]", reason: str) -> Station:
    """Show this picture from now on; the one before is removed once that is sure.

    Raises: NotFound; InvalidInput that names `picture` or `reason`.
    """
    _demand(slug, reason)
    picture = pictures.read(upload, "picture")
    name = pictures.keep(picture, FOLDER)
    try:
        station, before = _replace(actor, slug, name, picture.width, picture.height, reason)
    except DomainError:
        pictures.forget(name)
        raise
    pictures.forget(before)
    return station


def remove_photo(actor: User, slug: str, *, reason: str) -> Station:
    """Show none; doing it again changes nothing.

    Raises: NotFound; InvalidInput that names `reason`.
    """
    _demand(slug, reason)
    station, before = _replace(actor, slug, "", 0, 0, reason)
    pictures.forget(before)
    return station


def sweep_photos() -> int:
    """Remove files older than a day that no station shows, as a crash leaves them; return how many."""
    return pictures.sweep(FOLDER, _shown)


def _shown(names: Collection[str]) -> set[str]:
    return set(Station.objects.filter(photo__in=names).values_list("photo", flat=True))


def _demand(slug: str, reason: str) -> None:
    """Refuse before a file is unpacked and stored for nothing."""
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why.")
    if not Station.objects.filter(slug=slug).exists():
        raise NotFound("not_found", "There is no such station.")


def _replace(actor: User, slug: str, name: str, width: int, height: int, reason: str) -> tuple[Station, str]:
    """Return the station, and the name of the picture that nothing leads to any more."""
    with transaction.atomic(durable=True):
        station = Station.objects.select_for_update(no_key=True).filter(slug=slug).first()
        if station is None:
            raise NotFound("not_found", "There is no such station.")
        before = station.photo
        if before or name:
            station.photo, station.photo_width, station.photo_height = name, width, height
            station.save(update_fields=["photo", "photo_width", "photo_height"])
            action = "station.photo_set" if name else "station.photo_removed"
            audit.record(actor, action, slug, reason=reason, photo=name, before=before)
        return station, before
