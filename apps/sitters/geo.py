"""Distances on the ground and the blurring of a home's place. Pure."""

import hashlib
import hmac
import math
from dataclasses import dataclass

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG
BLUR_MIN_KM = 0.25
BLUR_MAX_KM = 0.5


@dataclass(frozen=True)
class Place:
    """A point on the ground, in degrees (WGS 84)."""

    lat: float
    lng: float


@dataclass(frozen=True)
class Box:
    """Bounds in degrees. `lng_ranges` has two ranges where the box crosses the antimeridian."""

    south: float
    north: float
    lng_ranges: tuple[tuple[float, float], ...]


def distance_km(one: Place, other: Place) -> float:
    """Return the great-circle distance in kilometres (haversine)."""
    lat1, lat2 = math.radians(one.lat), math.radians(other.lat)
    half_lat = (lat2 - lat1) / 2
    half_lng = math.radians(other.lng - one.lng) / 2
    a = math.sin(half_lat) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_lng) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(a)))


def wrap_lng(lng: float) -> float:
    """Return the same meridian within -180 (included) and 180."""
    return (lng + 180.0) % 360.0 - 180.0


def bounding_box(centre: Place, radius_km: float) -> Box:
    """Return bounds that contain every point within the radius."""
    reach = math.degrees(radius_km / EARTH_RADIUS_KM)
    south, north = max(-90.0, centre.lat - reach), min(90.0, centre.lat + reach)
    if south <= -90.0 or north >= 90.0:
        return Box(south, north, ((-180.0, 180.0),))
    ratio = math.sin(radius_km / EARTH_RADIUS_KM) / math.cos(math.radians(centre.lat))
    if ratio >= 1:
        return Box(south, north, ((-180.0, 180.0),))
    width = math.degrees(math.asin(ratio))
    west, east = centre.lng - width, centre.lng + width
    if west < -180.0:
        return Box(south, north, ((west + 360.0, 180.0), (-180.0, east)))
    if east > 180.0:
        return Box(south, north, ((west, 180.0), (-180.0, east - 360.0)))
    return Box(south, north, ((west, east),))


def blur(place: Place, *, key: bytes, subject: str) -> Place:
    """Move a place by 250 to 500 m, always the same way for one subject.

    The offset depends on the subject alone, so that saving slightly different places does not
    give points to average. Distances that the public sees are measured from the result.
    """
    digest = hmac.new(key, f"place-blur:{subject}".encode(), hashlib.sha256).digest()
    angle = int.from_bytes(digest[:8]) / 2**64 * 2 * math.pi
    share = int.from_bytes(digest[8:16]) / 2**64
    reach = math.degrees((BLUR_MIN_KM + share * (BLUR_MAX_KM - BLUR_MIN_KM)) / EARTH_RADIUS_KM)
    lat = place.lat + reach * math.cos(angle)
    lat = max(-90.0, min(90.0, lat))
    shrink = max(math.cos(math.radians(place.lat)), 0.01)
    return Place(round(lat, 6), round(wrap_lng(place.lng + reach * math.sin(angle) / shrink), 6))
