"""A stay that was handed over and never completed ends by itself, 12 hours after its scheduled end."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.bookings import services
from apps.bookings.models import Booking
from apps.bookings.tests.answers import error
from apps.bookings.tests.factories import VISA, make_booking
from apps.bookings.tests.instants import ends_itself, go_to
from apps.common.clock import business_now
from apps.common.money import Money
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.escrow.services import StayPetEscrow
from apps.ledger import selectors as ledger


def test_it_is_completed_as_of_its_scheduled_end_by_nobody(started):
    go_to(ends_itself(started) - timedelta(minutes=1))
    assert services.complete_overdue() == 0
    go_to(ends_itself(started))
    assert services.complete_overdue() == 1
    started.refresh_from_db()
    assert (started.status, started.completed_at) == ("completed", started.scheduled_end_at)
    move = started.transitions.get(new_status="completed")
    assert (move.actor, move.reason) == (None, "nobody completed it: completed by itself")
    assert services.complete_overdue() == 0


def test_the_owner_has_the_whole_hold_to_report_a_problem(api, started, payee):
    go_to(ends_itself(started) + timedelta(days=3))  # beat was away
    services.complete_overdue()
    due = escrow_q.hold_of(str(started.public_id)).release_due_at
    assert due is not None
    assert timedelta(hours=23, minutes=59) < due - business_now() <= timedelta(hours=24)
    go_to(due - timedelta(minutes=1))
    assert escrow.release_due_payouts() == 0
    body = {"category": "damage", "description": "The sofa."}
    assert api(started.owner).post(f"/api/v1/bookings/{started.public_id}/report-problem", body).status_code == 201
    go_to(due)
    assert escrow.release_due_payouts() == 0


def test_the_sitter_is_paid_after_the_hold(started, payee, stripe_sandbox):
    go_to(ends_itself(started))
    services.complete_overdue()
    due = escrow_q.hold_of(str(started.public_id)).release_due_at
    assert due is not None
    go_to(due)
    assert escrow.release_due_payouts() == 1
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [started.sitter_earnings_minor]
    assert ledger.check().ok


@pytest.mark.parametrize("stage", ["paid", "accepted", "completed"])
def test_only_a_recorded_hand_over_ends(request, stage):
    booking = request.getfixturevalue(stage)
    status = booking.status
    go_to(ends_itself(booking) + timedelta(days=9))
    assert services.complete_overdue() == 0
    booking.refresh_from_db()
    assert booking.status == status


def test_completing_by_hand_is_possible_until_then_and_changes_nothing_after(api, started):
    go_to(ends_itself(started))
    services.complete_overdue()
    due = escrow_q.hold_of(str(started.public_id)).release_due_at
    answer = api(started.sitter.user).post(f"/api/v1/bookings/{started.public_id}/complete")
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert escrow_q.hold_of(str(started.public_id)).release_due_at == due


def test_both_are_told(started, written):
    written()
    go_to(ends_itself(started))
    services.complete_overdue()
    told = written()
    assert set(told) == {started.owner.email, started.sitter.user.email}
    assert "report it by" in told[started.owner.email]
    assert "You are paid on" in told[started.sitter.user.email]
    assert written() == {}


def test_a_person_who_was_suspended_meanwhile_is_not_written_to(started, written):
    written()
    go_to(ends_itself(started))
    services.complete_overdue()
    started.owner.status = "suspended"
    started.owner.save()
    assert set(written()) == {started.sitter.user.email}


def test_a_reported_problem_still_stops_the_payout(started, payee, stripe_sandbox):
    key = str(started.public_id)
    services.report_problem(actor=started.owner, booking_id=key, category="other", description="No food was left.")
    go_to(ends_itself(started))
    assert services.complete_overdue() == 1
    hold = escrow_q.hold_of(key)
    assert (hold.state, hold.frozen) == ("release_due", True)
    go_to(business_now() + timedelta(days=2))
    assert escrow.release_due_payouts() == 0
    assert stripe_sandbox.objects("transfer") == []


def test_a_stay_whose_money_went_back_ends_without_a_clock(started):
    everything = {
        "stay": Money(started.subtotal_minor, started.currency),
        "owner_fee": Money(started.owner_fee_minor, started.currency),
    }
    StayPetEscrow.refund(booking_id=str(started.public_id), reason="staff_decision", actor=None, **everything)
    go_to(ends_itself(started))
    assert services.complete_overdue() == 1
    started.refresh_from_db()
    assert (started.status, started.escrow_status) == ("completed", "refunded")


def test_one_that_fails_keeps_nobody_waiting(started, owner, sitter, monkeypatch):
    broken = str(started.public_id)
    other = begin(owner, sitter)
    clock = escrow.start_release_clock

    def fail(*, booking_id, **rest):
        if booking_id == broken:
            raise RuntimeError
        return clock(booking_id=booking_id, **rest)

    monkeypatch.setattr(escrow, "start_release_clock", fail)
    go_to(ends_itself(started))
    assert services.complete_overdue() == 1
    started.refresh_from_db()
    other.refresh_from_db()
    assert (started.status, started.escrow_status, other.status) == ("in_progress", "held", "completed")
    assert not started.transitions.filter(new_status="completed").exists()
    monkeypatch.undo()
    assert services.complete_overdue() == 1


def test_each_further_stay_costs_the_same_queries(started, owner, sitter):
    def sweep() -> int:
        with CaptureQueriesContext(connection) as queries:
            services.complete_overdue()
        return len(queries)

    go_to(ends_itself(started))
    idle = sweep() - sweep()  # one stay, less none
    two = [begin(owner, sitter), begin(owner, sitter)]
    none = sweep()
    go_to(ends_itself(two[0]))
    assert sweep() - none == 2 * idle


def test_a_stay_that_is_on_is_not_completed_by_the_other_side(api, started):
    answer = api(started.owner).post(f"/api/v1/bookings/{started.public_id}/complete")
    assert error(answer) == (403, "only_the_sitter")


def begin(owner, sitter) -> Booking:
    booking = make_booking(owner, sitter)
    key = str(booking.public_id)
    services.deposit(actor=owner, booking_id=key, payment_method=VISA)
    services.accept(actor=sitter.user, booking_id=key)
    services.start_stay(actor=sitter.user, booking_id=key, pin=booking.start_pin)
    booking.refresh_from_db()
    return booking
