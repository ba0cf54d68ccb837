"""Search for sitters: only cleared and listed ones, distances from the blurred place."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Value,
)
from django.db.models.functions import ASin, Cast, Cos, Least, Power, Radians, Round, Sin, Sqrt
from django.db.models.lookups import LessThanOrEqual

from apps.common.clock import business_now
from apps.sitters.geo import EARTH_RADIUS_KM, Place, bounding_box
from apps.sitters.models import SitterNight, SitterProfile
from apps.sitters.models.profile import SitterProfileQuerySet
from apps.sitters.selectors.bookable import within
from apps.sitters.states import EXCLUSIVE_SERVICES

RADIUS_KM = 25.0
ORDERINGS = {
    "distance": ("distance_m", "id"),
    "price": ("price", "id"),
    "newest": ("-id",),
}


@dataclass(frozen=True)
class SearchQuery:
    """What an owner looks for; `end_date` is the day of leaving, not a night."""

    place: Place | None = None
    radius_km: float = RADIUS_KM
    start_date: date | None = None
    end_date: date | None = None
    service: str | None = None
    pets: int = 1


def search_sitters(query: SearchQuery) -> SitterProfileQuerySet:
    """Return bookable sitters that fit, with `distance_m` and `price` where they were asked for.

    Distances are measured from the blurred place: true ones would give the home away.
    """
    return _matching(query).prefetch_related("services")


def _matching(query: SearchQuery) -> SitterProfileQuerySet:
    found = SitterProfile.objects.bookable_at(business_now())
    room = F("night_capacity")
    if query.service:
        found = found.filter(services__service=query.service, services__capacity__gte=query.pets).annotate(
            room=F("services__capacity"), price=F("services__nightly_minor")
        )
    else:
        found = found.filter(night_capacity__gte=query.pets).annotate(room=room)
    if query.place is not None:
        box = bounding_box(query.place, query.radius_km)
        metres = _metres_from(query.place)
        found = found.filter(within(box)).annotate(distance_m=metres)
        found = found.filter(LessThanOrEqual(F("distance_m"), round(query.radius_km * 1000)))
    if query.start_date and query.end_date:
        found = found.filter(~Exists(_taken_nights(query)))
    return found


def _taken_nights(query: SearchQuery) -> Any:
    assert query.start_date is not None
    assert query.end_date is not None
    nights = SitterNight.objects.filter(
        sitter=OuterRef("pk"),
        night__gte=query.start_date,
        night__lte=query.end_date - timedelta(days=1),
    )
    if query.service in EXCLUSIVE_SERVICES:
        return nights.filter(Q(blocked=True) | Q(booked__gt=0))
    full = Q(capacity__lt=F("booked") + query.pets) | Q(booked__gt=OuterRef("room") - query.pets)
    return nights.filter(Q(blocked=True) | Q(exclusive=True) | full)


def _metres_from(place: Place) -> Any:
    """Great-circle distance in whole metres, as SQL (haversine)."""
    half_lat = (Radians(F("public_lat")) - Value(math.radians(place.lat))) / Value(2.0)
    half_lng = (Radians(F("public_lng")) - Value(math.radians(place.lng))) / Value(2.0)
    a = Power(Sin(half_lat), 2) + Value(math.cos(math.radians(place.lat))) * Cos(Radians(F("public_lat"))) * Power(
        Sin(half_lng), 2
    )
    angle = ASin(Sqrt(Least(a, Value(1.0), output_field=FloatField())))
    metres = Value(2000.0 * EARTH_RADIUS_KM) * angle
    return Cast(Round(ExpressionWrapper(metres, FloatField())), IntegerField())
