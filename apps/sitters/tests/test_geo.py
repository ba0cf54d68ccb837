"""Distances, boxes and the blurred place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.sitters.geo import BLUR_MAX_KM, BLUR_MIN_KM, Place, blur, bounding_box, distance_km

places = st.builds(Place, st.floats(-85, 85), st.floats(-180, 180))


def test_distance_between_berlin_and_paris():
    assert distance_km(Place(52.52, 13.405), Place(48.8566, 2.3522)) == pytest.approx(877.5, abs=1)


def test_distance_across_the_antimeridian():
    assert distance_km(Place(0, 179.9), Place(0, -179.9)) == pytest.approx(22.24, abs=0.01)


@given(places, st.text(min_size=1))
def test_blur_moves_250_to_500_m_and_always_the_same_way(place, subject):
    once = blur(place, key=b"k", subject=subject)
    assert once == blur(place, key=b"k", subject=subject)
    moved = distance_km(place, once)
    assert BLUR_MIN_KM - 0.01 <= moved <= BLUR_MAX_KM + 0.01
    assert -180 <= once.lng <= 180


def test_blur_differs_by_key():
    home = Place(52.52, 13.405)
    assert blur(home, key=b"one", subject="s") != blur(home, key=b"other", subject="s")


@given(places, places, st.floats(0.1, 200))
def test_a_box_contains_every_point_within_its_radius(centre, point, radius):
    if distance_km(centre, point) > radius:
        return
    box = bounding_box(centre, radius)
    assert box.south <= point.lat <= box.north
    assert any(west <= point.lng <= east for west, east in box.lng_ranges)
