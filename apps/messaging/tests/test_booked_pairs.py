"""Once the two have a confirmed booking, contact data may be exchanged; payments around us may not."""

import pytest

from apps.bookings import services as bookings
from apps.bookings.tests.factories import VISA, make_booking, make_sitter

NUMBER = "Call me at 415-555-0123"


@pytest.fixture
def paid(owner, sitter_user, conversation, stripe_sandbox):
    """A booking of the two that waits for the sitter's answer."""
    booking = make_booking(owner, make_sitter(sitter_user))
    bookings.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
    return booking


def test_before_the_sitter_has_agreed_it_is_hidden(say, owner, paid):
    assert say(owner, NUMBER).json()["decision"] == "mask"


def test_after_it_arrives_in_both_directions_and_payments_around_us_are_still_flagged(
    say, read, owner, sitter_user, paid
):
    bookings.accept(actor=sitter_user, booking_id=str(paid.public_id))
    assert say(owner, NUMBER).json()["decision"] == "allow"
    assert say(sitter_user, NUMBER).json()["decision"] == "allow"
    assert [m["text"] for m in read(sitter_user)] == [NUMBER, NUMBER]
    assert say(sitter_user, "Next time just pay me cash").json()["decision"] == "warn"


def test_a_booking_with_another_sitter_does_not_count(say, owner, sitter_user, paid, conversation):
    from apps.messaging.tests.factories import ConversationFactory

    bookings.accept(actor=sitter_user, booking_id=str(paid.public_id))
    other = ConversationFactory.create(owner=owner)
    assert say(owner, NUMBER, to=other).json()["decision"] == "mask"
