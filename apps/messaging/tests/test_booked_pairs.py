"""Once the two have a confirmed booking, contact data may be exchanged; payments around us may not."""

import pytest

from apps.bookings import selectors as bookings

NUMBER = "Call me at 415-555-0123"


@pytest.fixture
def booked(monkeypatch, owner, sitter_user):
    pair = (owner.pk, sitter_user.pk)
    monkeypatch.setattr(bookings, "has_confirmed_booking", lambda owner_id, sitter_id: (owner_id, sitter_id) == pair)


def test_before_a_booking_it_is_hidden(say, owner):
    assert say(owner, NUMBER).json()["decision"] == "mask"


@pytest.mark.usefixtures("booked")
def test_after_it_it_arrives(say, read, owner, sitter_user):
    assert say(owner, NUMBER).json()["decision"] == "allow"
    assert read(sitter_user)[0]["text"] == NUMBER


@pytest.mark.usefixtures("booked")
def test_a_payment_around_us_is_still_flagged(say, sitter_user):
    assert say(sitter_user, "Next time just pay me cash").json()["decision"] == "warn"
