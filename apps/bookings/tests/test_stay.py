"""The stay: accepted, started with the owner's PIN, completed."""

from datetime import timedelta
from typing import Any

import pytest

from apps.bookings.models import Booking, BookingTransition
from apps.bookings.tests.answers import error, key
from apps.bookings.tests.factories import make_booking
from apps.common.clock import advance_business_clock
from apps.escrow import selectors as escrow_q


def url(booking: Booking, action: str = "") -> str:
    return f"/api/v1/bookings/{booking.public_id}" + (f"/{action}" if action else "")


def test_the_sitter_accepts_and_asking_again_changes_nothing(api, paid, sitter_user):
    first = api(sitter_user).post(url(paid, "accept"))
    assert (first.status_code, first.json()["status"]) == (200, "confirmed")
    assert api(sitter_user).post(url(paid, "accept")).json() == first.json()
    moves = BookingTransition.objects.filter(booking=paid, new_status="confirmed")
    assert [move.actor for move in moves] == [sitter_user]


def test_an_unpaid_booking_cannot_be_accepted(api, booking, sitter_user):
    assert error(api(sitter_user).post(url(booking, "accept"))) == (409, "booking_moved")


def test_an_answer_may_come_too_late(api, paid, sitter_user):
    advance_business_clock(24 * 3600)
    assert error(api(sitter_user).post(url(paid, "accept"))) == (409, "answer_window_over")


@pytest.mark.parametrize("action", ["accept", "decline", "start", "complete"])
@pytest.mark.parametrize(("who", "expected"), [("owner", (403, "only_the_sitter")), ("stranger", (404, "not_found"))])
def test_only_the_sitter_runs_the_stay(api, paid, request, who, expected, action):
    person: Any = request.getfixturevalue(who)
    answer = api(person).post(url(paid, action), {"pin": "123456"}, headers=key())
    assert error(answer) == expected
    paid.refresh_from_db()
    assert paid.status == "requested"


def test_the_owner_sees_the_pin_and_the_sitter_does_not(api, accepted, owner, sitter_user):
    assert api(owner).get(url(accepted)).json()["start_pin"] == accepted.start_pin
    assert api(sitter_user).get(url(accepted)).json()["start_pin"] is None


def test_the_stay_starts_with_the_pin(api, accepted, sitter_user):
    answer = api(sitter_user).post(url(accepted, "start"), {"pin": accepted.start_pin})
    assert (answer.status_code, answer.json()["status"]) == (200, "in_progress")


def test_a_wrong_pin_starts_nothing_and_five_lock_it(api, accepted, sitter_user):
    wrong = f"{(int(accepted.start_pin) + 1) % 1_000_000:06d}"
    client = api(sitter_user)
    for left in (4, 3, 2, 1, 0):
        answer = client.post(url(accepted, "start"), {"pin": wrong})
        assert error(answer) == (403, "wrong_pin")
        assert answer.json()["error"]["details"] == {"tries_left": left}
    locked = client.post(url(accepted, "start"), {"pin": accepted.start_pin})
    assert error(locked) == (429, "pin_locked")
    assert 0 < int(locked.headers["Retry-After"]) <= 15 * 60 + 1
    accepted.refresh_from_db()
    assert accepted.status == "confirmed"


def test_after_the_pause_the_right_pin_works_again(api, accepted, sitter_user):
    accepted.pin_failures, accepted.pin_locked_until = 5, accepted.created_at - timedelta(days=1)
    accepted.save()
    assert api(sitter_user).post(url(accepted, "start"), {"pin": accepted.start_pin}).status_code == 200


def test_a_pin_has_six_digits(api, accepted, sitter_user):
    answer = api(sitter_user).post(url(accepted, "start"), {"pin": "12 456"})
    assert list(answer.json()["error"]["details"]) == ["pin"]


def test_a_stay_does_not_start_before_its_day(api, owner, sitter, stripe_sandbox):
    from apps.bookings import services
    from apps.bookings.tests.factories import VISA

    booking = make_booking(owner, sitter, start=2)
    services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
    services.accept(actor=sitter.user, booking_id=str(booking.public_id))
    answer = api(sitter.user).post(url(booking, "start"), {"pin": booking.start_pin})
    assert error(answer) == (409, "too_early")
    assert answer.json()["error"]["details"] == {"start_date": booking.start_date.isoformat()}


def test_an_early_end_does_not_bring_the_payout_forward(api, started, sitter_user):
    answer = api(sitter_user).post(url(started, "complete"))
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    hold = escrow_q.hold_of(str(started.public_id))
    assert hold.state == "release_due"
    assert hold.release_due_at == started.scheduled_end_at + timedelta(hours=24)


def test_a_late_end_puts_the_payout_off(api, started, sitter_user):
    advance_business_clock(5 * 24 * 3600)
    body = api(sitter_user).post(url(started, "complete")).json()
    started.refresh_from_db()
    assert body["completed_at"]
    due = escrow_q.hold_of(str(started.public_id)).release_due_at
    assert due == started.completed_at + timedelta(hours=24) > started.scheduled_end_at + timedelta(hours=24)


def test_a_stay_that_has_not_started_cannot_be_completed(api, accepted, sitter_user):
    assert error(api(sitter_user).post(url(accepted, "complete"))) == (409, "booking_moved")
