"""A confirmed stay that nobody started: it is reviewed, both are asked, and no money moves until it is settled."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.bookings import services
from apps.bookings.models import Booking, NoShowEntry, NoShowReport, NoShowReview
from apps.bookings.tests.answers import error, key
from apps.bookings.tests.factories import VISA, make_booking
from apps.bookings.tests.instants import ends_itself, go_to, review_due
from apps.common.clock import business_now
from apps.common.errors import Conflict, Forbidden, InvalidInput
from apps.common.models import AuditEntry
from apps.escrow import selectors as escrow_q
from apps.escrow import services as escrow
from apps.ledger import selectors as ledger
from apps.sitters.models import SitterNight
from petwash.testing.staff import member_of


def say(api: Any, person: Any, booking: Booking, who: str, note: str = "") -> Any:
    return api(person).post(f"/api/v1/bookings/{booking.public_id}/no-show-report", {"who": who, "note": note})


def state(booking: Booking) -> tuple[str, str]:
    booking.refresh_from_db()
    return booking.status, booking.escrow_status


def after_the_hold(booking: Booking) -> None:
    due = escrow_q.hold_of(str(booking.public_id)).release_due_at
    assert due is not None
    go_to(due)


@pytest.fixture
def missed(accepted):
    """An accepted booking that nobody started, in review."""
    go_to(review_due(accepted))
    assert services.review_no_shows() == 1
    return accepted


@pytest.fixture
def over(accepted):
    """The same, when the stay would be over."""
    go_to(ends_itself(accepted))
    assert services.review_no_shows() == 1
    return accepted


@pytest.fixture
def operator(db):
    return member_of("Operations")


def decide(operator: Any, booking: Booking, outcome: str, reason: str = "Both were called.") -> NoShowReview:
    review = NoShowReview.objects.get(booking=booking)
    return services.decide_no_show(actor=operator, review_id=str(review.public_id), outcome=outcome, reason=reason)


def test_twelve_hours_after_the_start_it_is_reviewed_once(accepted):
    go_to(review_due(accepted) - timedelta(minutes=1))
    assert services.review_no_shows() == 0
    go_to(review_due(accepted))
    assert services.review_no_shows() == 1
    assert services.review_no_shows() == 0
    review = NoShowReview.objects.get(booking=accepted)
    assert [(entry.step, entry.reason) for entry in review.entries.all()] == [("opened", "nobody started the stay")]
    assert state(accepted) == ("confirmed", "held")


def test_at_the_scheduled_end_at_the_latest(owner, sitter, stripe_sandbox, settings):
    settings.NO_SHOW_REVIEW_AFTER = timedelta(days=30)
    booking = make_booking(owner, sitter)
    services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
    services.accept(actor=sitter.user, booking_id=str(booking.public_id))
    go_to(booking.scheduled_end_at - timedelta(minutes=1))
    assert services.review_no_shows() == 0
    go_to(booking.scheduled_end_at)
    assert services.review_no_shows() == 1


@pytest.mark.parametrize("stage", ["paid", "started", "completed"])
def test_only_a_confirmed_stay_is_reviewed(request, stage):
    booking = request.getfixturevalue(stage)
    go_to(booking.scheduled_end_at)
    assert services.review_no_shows() == 0
    assert not NoShowReview.objects.exists()


def test_nothing_is_paid_or_refunded_while_nobody_settles_it(missed, payee, stripe_sandbox):
    go_to(business_now() + timedelta(days=30))
    assert (escrow.release_due_payouts(), services.complete_overdue(), services.review_no_shows()) == (0, 0, 0)
    assert state(missed) == ("confirmed", "held")
    assert (stripe_sandbox.objects("transfer"), stripe_sandbox.objects("refund")) == ([], [])


def test_both_are_asked_and_told(api, accepted, written):
    written()
    go_to(review_due(accepted))
    services.review_no_shows()
    asked = written()
    assert set(asked) == {accepted.owner.email, accepted.sitter.user.email}
    assert "tell the sitter your PIN" in asked[accepted.owner.email]
    assert "start it with the owner's PIN" in asked[accepted.sitter.user.email]
    say(api, accepted.sitter.user, accepted, "sitter_absent")
    told = written()
    assert "You get everything back." in told[accepted.owner.email]
    assert "your public profile counts it" in told[accepted.sitter.user.email]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("owner_absent", "the owner did not come.\n\nThe sitter is paid on"),
        ("took_place", "it took place.\n\nThe stay goes on as agreed."),
    ],
)
def test_both_are_told_what_staff_settled(missed, operator, written, outcome, said):
    written()
    decide(operator, missed, outcome)
    told = written()
    assert set(told) == {missed.owner.email, missed.sitter.user.email}
    assert all(said in text for text in told.values())


def test_the_booking_shows_its_review(api, missed):
    shown = api(missed.owner).get(f"/api/v1/bookings/{missed.public_id}").json()["no_show_review"]
    assert (shown["outcome"], shown["settled_at"]) == ("", None)


def test_one_word_settles_nothing(api, missed):
    answer = say(api, missed.owner, missed, "sitter_absent", "I rang for an hour.")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "")
    assert state(missed) == ("confirmed", "held")
    report = NoShowReport.objects.get()
    assert (report.reporter, report.by_owner, report.note) == (missed.owner, True, "I rang for an hour.")


def test_words_that_differ_are_left_to_staff(api, missed):
    say(api, missed.owner, missed, "sitter_absent")
    assert say(api, missed.sitter.user, missed, "owner_absent").json()["outcome"] == ""
    assert state(missed) == ("confirmed", "held")


def test_both_say_it_took_place_and_it_is_completed(api, over, payee, stripe_sandbox):
    say(api, over.owner, over, "took_place")
    assert say(api, over.sitter.user, over, "took_place").json()["outcome"] == "took_place"
    assert state(over) == ("completed", "release_due")
    assert (over.started_at, over.completed_at) == (over.scheduled_start_at, over.scheduled_end_at)
    after_the_hold(over)
    assert escrow.release_due_payouts() == 1
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [over.sitter_earnings_minor]
    assert ledger.check().ok


def test_a_stay_that_took_place_and_is_not_over_goes_on(api, missed):
    say(api, missed.owner, missed, "took_place")
    say(api, missed.sitter.user, missed, "took_place")
    assert state(missed) == ("in_progress", "held")
    go_to(ends_itself(missed))
    assert services.complete_overdue() == 1


def test_a_sitter_who_admits_it_gives_everything_back_at_once(api, missed, stripe_sandbox):
    assert say(api, missed.sitter.user, missed, "sitter_absent").json()["outcome"] == "sitter_absent"
    assert state(missed) == ("no_show", "refunded")
    assert [row["amount"] for row in stripe_sandbox.objects("refund")] == [missed.total_minor]
    assert set(SitterNight.objects.values_list("booked", flat=True)) == {0}
    assert ledger.check().ok


def test_the_sitters_no_show_is_on_the_public_record(api, missed, stripe_sandbox):
    say(api, missed.sitter.user, missed, "sitter_absent")
    shown = api().get(f"/api/v1/sitters/{missed.sitter.public_id}").json()
    assert (shown["missed_stays"], shown["cancelled_stays"]) == (1, 0)


def test_both_say_the_owner_was_absent_and_the_sitter_is_paid_in_full(api, missed, payee, stripe_sandbox):
    say(api, missed.sitter.user, missed, "owner_absent")
    assert say(api, missed.owner, missed, "owner_absent").json()["outcome"] == "owner_absent"
    assert state(missed) == ("no_show", "release_due")
    after_the_hold(missed)
    assert escrow.release_due_payouts() == 1
    assert [row["amount"] for row in stripe_sandbox.objects("transfer")] == [missed.sitter_earnings_minor]
    assert stripe_sandbox.objects("refund") == []
    places = {place.place: place.amount.amount_minor for place in escrow_q.whereabouts(str(missed.public_id))}
    assert places["owner_fee"] == missed.owner_fee_minor
    missed.sitter.refresh_from_db()
    assert missed.sitter.missed_stays == 0
    assert ledger.check().ok


def test_the_sitter_is_not_paid_for_a_no_show_before_the_stay_would_have_ended(missed, operator, payee):
    decide(operator, missed, "owner_absent")
    due = escrow_q.hold_of(str(missed.public_id)).release_due_at
    assert due == missed.scheduled_end_at + timedelta(hours=24)


def test_an_owner_may_object_to_it_within_the_hold(api, missed, operator, payee):
    decide(operator, missed, "owner_absent")
    body = {"category": "other", "description": "I was there."}
    assert api(missed.owner).post(f"/api/v1/bookings/{missed.public_id}/report-problem", body).status_code == 201
    after_the_hold(missed)
    assert escrow.release_due_payouts() == 0


def test_from_the_scheduled_start_on_one_of_the_two_may_ask(api, accepted):
    go_to(max(accepted.scheduled_start_at, business_now()))
    assert say(api, accepted.owner, accepted, "sitter_absent").status_code == 201
    assert [entry.actor for entry in NoShowReview.objects.get().entries.all()] == [accepted.owner] * 2
    go_to(review_due(accepted))
    assert services.review_no_shows() == 0


def test_before_it_is_too_early(api, owner, sitter, stripe_sandbox):
    booking = make_booking(owner, sitter, start=2)
    services.deposit(actor=owner, booking_id=str(booking.public_id), payment_method=VISA)
    services.accept(actor=sitter.user, booking_id=str(booking.public_id))
    assert error(say(api, owner, booking, "sitter_absent")) == (409, "too_early")
    assert not NoShowReview.objects.exists()


@pytest.mark.parametrize("stage", ["paid", "started", "completed"])
def test_a_stay_in_another_state_has_no_no_show(api, request, stage):
    booking = request.getfixturevalue(stage)
    assert error(say(api, booking.owner, booking, "sitter_absent")) == (409, "booking_moved")


def test_each_says_it_once(api, missed):
    say(api, missed.owner, missed, "sitter_absent")
    assert error(say(api, missed.owner, missed, "took_place")) == (409, "no_show_already_reported")
    assert NoShowReport.objects.get().who == "sitter_absent"


def test_a_word_after_the_settlement_comes_too_late(api, missed, operator, stripe_sandbox):
    decide(operator, missed, "sitter_absent")
    answer = say(api, missed.sitter.user, missed, "owner_absent")
    assert error(answer) == (409, "no_show_settled")
    assert answer.json()["error"]["details"] == {"outcome": "sitter_absent"}
    assert not NoShowReport.objects.exists()


def test_a_stranger_says_nothing(api, missed, stranger):
    assert error(say(api, stranger, missed, "took_place")) == (404, "not_found")


@pytest.mark.parametrize(("body", "field"), [({"who": "nobody"}, "who"), ({}, "who"), ({"note": "x" * 2001}, "note")])
def test_a_wrong_field_is_named(api, missed, body, field):
    answer = api(missed.owner).post(
        f"/api/v1/bookings/{missed.public_id}/no-show-report", {"who": "took_place"} | body if body else {}
    )
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [field])


def test_a_stay_that_begins_after_all_needs_no_decision(missed):
    services.start_stay(actor=missed.sitter.user, booking_id=str(missed.public_id), pin=missed.start_pin)
    review = NoShowReview.objects.get()
    assert (review.outcome, review.settled_by, state(missed)) == (
        "started",
        missed.sitter.user,
        ("in_progress", "held"),
    )


@pytest.mark.parametrize("side", ["owner", "sitter"])
def test_nobody_cancels_what_is_in_review(api, missed, side):
    person = missed.owner if side == "owner" else missed.sitter.user
    url = f"/api/v1/bookings/{missed.public_id}"
    assert error(api(person).get(f"{url}/refund-quote")) == (409, "no_show_in_review")
    assert state(missed) == ("confirmed", "held")


def test_a_refund_quote_from_before_the_review_is_refused_too(api, accepted):
    go_to(review_due(accepted))
    token = services.quote_refund(actor=accepted.owner, booking_id=str(accepted.public_id)).token
    services.review_no_shows()
    url = f"/api/v1/bookings/{accepted.public_id}/cancel"
    assert error(api(accepted.owner).post(url, {"refund_quote": token}, headers=key())) == (409, "no_show_in_review")


def test_staff_decides_with_a_reason_and_the_record_says_who(missed, operator, stripe_sandbox):
    review = decide(operator, missed, "sitter_absent", "The neighbour saw nobody.")
    assert (review.outcome, review.settled_by) == ("sitter_absent", operator)
    last = review.entries.latest("id")
    assert (last.step, last.actor, last.reason) == (
        "settled: sitter_absent", operator, "The neighbour saw nobody.",
    )  # fmt: skip
    audited = AuditEntry.objects.get(action="bookings.no_show")
    assert (audited.actor_id, audited.reason) == (operator.pk, "The neighbour saw nobody.")


def test_a_second_decision_is_refused(missed, operator, stripe_sandbox):
    decide(operator, missed, "sitter_absent")
    with pytest.raises(Conflict) as refusal:
        decide(operator, missed, "owner_absent")
    assert (refusal.value.code, refusal.value.details) == ("no_show_settled", {"outcome": "sitter_absent"})
    assert state(missed) == ("no_show", "refunded")
    assert len(stripe_sandbox.objects("refund")) == 1


@pytest.mark.parametrize("group", ["Support", "Finance"])
def test_others_do_not_decide(missed, group):
    with pytest.raises(Forbidden):
        decide(member_of(group), missed, "took_place")
    assert state(missed) == ("confirmed", "held")


@pytest.mark.parametrize(("outcome", "reason", "field"), [("nobody", "why", "outcome"), ("took_place", " ", "reason")])
def test_a_decision_is_complete(missed, operator, outcome, reason, field):
    with pytest.raises(InvalidInput) as refusal:
        decide(operator, missed, outcome, reason)
    assert list(refusal.value.details) == [field]
    assert state(missed) == ("confirmed", "held")


def test_nobody_decides_about_a_stay_of_their_own(missed, operator):
    Booking.objects.filter(pk=missed.pk).update(owner=operator)
    with pytest.raises(Forbidden) as refusal:
        decide(operator, missed, "sitter_absent")
    assert refusal.value.code == "own_booking"


def test_a_disputed_payment_is_left_to_staff_and_the_word_is_kept(api, missed, monkeypatch, stripe_sandbox):
    def disputed(**kwargs: Any) -> Any:
        raise Conflict("payment_disputed", "A disputed payment is decided by the card's bank.")

    monkeypatch.setattr(escrow, "prepare_full_refund", disputed)
    answer = say(api, missed.sitter.user, missed, "sitter_absent")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "")
    assert state(missed) == ("confirmed", "held")
    assert set(SitterNight.objects.values_list("booked", flat=True)) == {1}
    missed.sitter.refresh_from_db()
    assert missed.sitter.missed_stays == 0
    last = NoShowEntry.objects.latest("id")
    assert (last.step, last.reason) == ("left to staff", "the sitter says so, but: payment_disputed")


def test_a_crash_after_the_commit_leaves_a_refund_that_is_finished(api, missed, monkeypatch, stripe_sandbox):
    monkeypatch.setattr(escrow, "execute_refund", lambda refund_id: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.report_no_show(actor=missed.sitter.user, booking_id=str(missed.public_id), who="sitter_absent")
    monkeypatch.undo()
    assert state(missed) == ("no_show", "refunding")
    refund = escrow_q.refunds_of(str(missed.public_id))[0]
    escrow.execute_refund(refund.id)
    assert state(missed) == ("no_show", "refunded")
    assert len(stripe_sandbox.objects("refund")) == 1


def test_the_history_of_a_review_cannot_be_rewritten(missed):
    for change in (lambda: NoShowEntry.objects.update(reason="else"), lambda: NoShowEntry.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_each_further_review_costs_the_same_queries(accepted, owner, sitter):
    def sweep() -> int:
        with CaptureQueriesContext(connection) as queries:
            services.review_no_shows()
        return len(queries)

    go_to(review_due(accepted))
    one, none = sweep(), sweep()
    last = None
    for start in (10, 20):
        last = make_booking(owner, sitter, start=start)
        services.deposit(actor=owner, booking_id=str(last.public_id), payment_method=VISA)
        services.accept(actor=sitter.user, booking_id=str(last.public_id))
        last.refresh_from_db()
    assert last is not None
    go_to(review_due(last))
    assert sweep() - none == 2 * (one - none)
