"""Stage 1 reads a message as a person sees it, and remembers where each sign came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.fraud.normalise import fold
from apps.fraud.views import readings


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("vеnmо", "venmo"),  # Cyrillic letters
        ("𝐕𝐞𝐧𝐦𝐨", "venmo"),  # mathematical bold
        ("ＶＥＮＭＯ", "venmo"),  # full width
        ("🅥🅔🅝🅜🅞", "venmo"),  # white letters on black discs
        ("🇻🇪🇳🇲🇴", "venmo"),  # flag letters
        ("v\u200be\u200dn\ufeffm\u00ado", "venmo"),  # zero-width signs and soft hyphens
        ("v\u0336e\u0301n\u0302m\u0303o", "venmo"),  # strokes and accents
        ("4\ufe0f\u20e31\ufe0f\u20e35\ufe0f\u20e3", "415"),  # keycaps
        ("④①⑤ ４１５ ٤١٥ ４̶", "415 415 415 4"),
        ("\u202e415\u202c", "415"),  # bidi overrides
    ],
)
def test_look_alikes_are_undone(written, read):
    assert fold(written).text == read


def test_a_sign_maps_back_to_its_place():
    view = fold("call ４\ufe0f\u20e31 now")
    start = view.text.index("41")
    assert view.span(start, start + 2) == (5, 9)


@pytest.mark.parametrize("spread", ["v e n m o", "v.e.n.m.o", "V-e-n-m-o", "v3nm0", "veeeenmo"])
def test_a_further_reading_closes_up_what_was_spread_or_imitated(spread):
    assert "venmo" in {view.text for view in readings(fold(spread))}


@given(st.text())
def test_folding_twice_changes_nothing(text):
    once = fold(text).text
    assert fold(once).text == once


@given(st.text())
def test_every_reading_points_into_the_original(text):
    for view in readings(fold(text)):
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= start < end <= len(text) for start, end in zip(view.starts, view.ends, strict=True))
