"""What bookings need to know about a sitter."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import FilteredRelation, Q

from apps.common.clock import business_now
from apps.common.errors import Conflict, NotFound
from apps.common.money import Money
from apps.sitters.geo import Box, Place, bounding_box, distance_km
from apps.sitters.models import SitterProfile
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


def payee_id_of(profile: SitterProfile) -> str | None:
    """Return the id of the sitter's payout account in payments, when one is open."""
    payee_id = profile.payout_account_id
    return str(payee_id) if payee_id is not None else None


def demand_near(profile: SitterProfile, nights: Sequence[date]) -> dict[date, DemandView]:
    """Return pets booked and places offered within 10 km, for each night.

    One query, whatever the number of nights. A blocked night offers nothing; a night without a
    row is open with the sitter's usual places.
    """
    if profile.public_lat is None or profile.public_lng is None:
        return {night: DemandView(0, 0) for night in nights}
    rows = _neighbours_nights(Place(profile.public_lat, profile.public_lng), nights)
    everywhere = sum({row.sitter: row.usual for row in rows}.values())
    booked, offered = dict.fromkeys(nights, 0), dict.fromkeys(nights, everywhere)
    for row in rows:
        if row.night is not None:
            booked[row.night] += row.booked
            offered[row.night] += (0 if row.blocked else row.capacity) - row.usual
    return {night: DemandView(booked[night], offered[night]) for night in nights}


class _NeighbourNight(NamedTuple):
    """A neighbour and one of the nights that has a row; no night when none has."""

    sitter: int
    usual: int
    night: date | None
    booked: int
    capacity: int
    blocked: bool


def _neighbours_nights(centre: Place, nights: Sequence[date]) -> list[_NeighbourNight]:
    wanted = FilteredRelation("nights", condition=Q(nights__night__in=list(nights)))
    rows = (
        SitterProfile.objects.bookable_at(business_now())
        .filter(within(bounding_box(centre, DEMAND_RADIUS_KM)), night_capacity__gt=0)
        .annotate(wanted=wanted)
        .order_by("id")
        .values_list(
            "id", "public_lat", "public_lng", "night_capacity",
            "wanted__night", "wanted__booked", "wanted__capacity", "wanted__blocked",
        )[: DEMAND_SITTERS_MAX * max(1, len(nights))]
    )  # fmt: skip
    found = []
    for sitter, lat, lng, *night in rows:
        if lat is not None and lng is not None and distance_km(centre, Place(lat, lng)) <= DEMAND_RADIUS_KM:
            found.append(_NeighbourNight(sitter, *night))
    return found


def within(box: Box) -> Q:
    """Return the condition that a sitter's public place lies in the box."""
    meridians = Q()
    for west, east in box.lng_ranges:
        meridians |= Q(public_lng__gte=west, public_lng__lte=east)
    return Q(public_lat__gte=box.south, public_lat__lte=box.north) & meridians
