"""What bookings need to know about a sitter."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from apps.common.clock import business_now
from apps.common.errors import Conflict, NotFound
from apps.common.money import Money
from apps.sitters.geo import Box, Place, bounding_box, distance_km
from apps.sitters.models import SitterNight, SitterProfile
from apps.sitters.states import EXCLUSIVE_SERVICES
from apps.sitters.types import DemandView, RateView

# How far an owner is expected to drive, and how many sitters describe a neighbourhood.
DEMAND_RADIUS_KM = 10.0
DEMAND_SITTERS_MAX = 500


def access_bookable_sitter(actor: Any, sitter_id: str) -> SitterProfile:
    """Return a sitter whom anybody may see and book now.

    Raises: NotFound for an unknown, an unlisted or a not (or no longer) cleared sitter.
    """
    try:
        public_id = UUID(str(sitter_id))
    except ValueError:
        raise NotFound from None
    bookable = SitterProfile.objects.bookable_at(business_now()).select_related("user")
    sitter = bookable.filter(public_id=public_id).first()
    if sitter is None:
        raise NotFound
    return sitter


def rate_for(profile: SitterProfile, service: str) -> RateView:
    """Return the price of one service.

    Raises: Conflict service_not_offered.
    """
    row = profile.services.filter(service=service).first()
    if row is None:
        raise Conflict(
            "service_not_offered",
            "This sitter does not offer that service: choose one from the sitter's list.",
            {"service": service},
        )
    return RateView(
        nightly=Money(row.nightly_minor, profile.currency),
        extra_pet=Money(row.extra_pet_minor, profile.currency),
        capacity=row.capacity,
        exclusive=row.service in EXCLUSIVE_SERVICES,
    )


def demand_near(profile: SitterProfile, nights: Sequence[date]) -> dict[date, DemandView]:
    """Return pets booked and places offered within 10 km, for each night.

    Two queries, whatever the number of nights. A blocked night offers nothing.
    """
    if profile.public_lat is None or profile.public_lng is None:
        return {night: DemandView(0, 0) for night in nights}
    neighbours = _neighbours(Place(profile.public_lat, profile.public_lng))
    rows = (
        SitterNight.objects.filter(sitter_id__in=neighbours, night__in=list(nights))
        .values("night")
        .annotate(
            booked=Coalesce(Sum("booked"), 0),
            offered=Coalesce(Sum("capacity", filter=Q(blocked=False)), 0),
            usual=Coalesce(Sum("sitter__night_capacity"), 0),
            rows=Count("id"),
        )
    )
    known = {row["night"]: row for row in rows}
    everywhere = sum(neighbours.values())
    demand = {}
    for night in nights:
        row = known.get(night)
        if row is None:
            demand[night] = DemandView(0, everywhere)
        else:
            demand[night] = DemandView(row["booked"], everywhere - row["usual"] + row["offered"])
    return demand


def _neighbours(centre: Place) -> dict[int, int]:
    box = bounding_box(centre, DEMAND_RADIUS_KM)
    rows = (
        SitterProfile.objects.bookable_at(business_now())
        .filter(within(box), night_capacity__gt=0)
        .order_by("id")
        .values_list("id", "public_lat", "public_lng", "night_capacity")[:DEMAND_SITTERS_MAX]
    )
    return {
        pk: capacity
        for pk, lat, lng, capacity in rows
        if lat is not None and lng is not None and distance_km(centre, Place(lat, lng)) <= DEMAND_RADIUS_KM
    }


def within(box: Box) -> Q:
    """Return the condition that a sitter's public place lies in the box."""
    meridians = Q()
    for west, east in box.lng_ranges:
        meridians |= Q(public_lng__gte=west, public_lng__lte=east)
    return Q(public_lat__gte=box.south, public_lat__lte=box.north) & meridians
