"""Several people, or a sweep and a person, at the same moment at one stay."""

from typing import Any

import pytest

from apps.bookings import services
from apps.bookings.models import NoShowReport, NoShowReview
from apps.bookings.tests.instants import ends_itself, go_to, review_due
from apps.escrow import selectors as escrow_q
from apps.ledger import selectors as ledger
from petwash.testing.races import crowd, race
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def missed(accepted):
    go_to(review_due(accepted))
    assert services.review_no_shows() == 1
    return accepted


def decision(booking: Any, operator: Any, outcome: str) -> Any:
    review = str(NoShowReview.objects.get(booking=booking).public_id)
    return lambda: services.decide_no_show(actor=operator, review_id=review, outcome=outcome, reason="why").outcome


def test_completing_by_hand_while_it_ends_by_itself_completes_once(started):
    go_to(ends_itself(started))
    key = str(started.public_id)

    def by_hand() -> str:
        return services.complete_stay(actor=started.sitter.user, booking_id=key).status

    outcome = race(by_hand, services.complete_overdue, services.complete_overdue)
    assert outcome[0] == "completed"
    assert sum(outcome[1:]) <= 1
    assert started.transitions.filter(new_status="completed").count() == 1
    assert escrow_q.hold_of(key).state == "release_due"


def test_sweeps_at_once_open_one_review(accepted):
    go_to(review_due(accepted))
    assert sum(crowd(4, lambda number: services.review_no_shows())) == 1
    assert NoShowReview.objects.count() == 1


def test_two_decisions_at_once_have_one_winner(missed, stripe_sandbox):
    operator = member_of("Operations")
    outcome = race(decision(missed, operator, "sitter_absent"), decision(missed, operator, "owner_absent"))
    assert sorted(outcome) in (["no_show_settled", "sitter_absent"], ["no_show_settled", "owner_absent"])
    missed.refresh_from_db()
    winner = NoShowReview.objects.get().outcome
    assert missed.escrow_status == ("refunded" if winner == "sitter_absent" else "release_due")
    assert len(stripe_sandbox.objects("refund")) == (1 if winner == "sitter_absent" else 0)
    assert ledger.check().ok


def test_one_word_said_four_times_at_once_is_one(missed, stripe_sandbox):
    def say(number: int) -> str:
        report = services.report_no_show(actor=missed.owner, booking_id=str(missed.public_id), who="sitter_absent")
        return report.who

    assert sorted(crowd(4, say)) == ["no_show_already_reported"] * 3 + ["sitter_absent"]
    assert NoShowReport.objects.count() == 1


def test_both_words_at_once_settle_it_once(missed, stripe_sandbox):
    def say(person: Any) -> Any:
        key = str(missed.public_id)
        return lambda: services.report_no_show(actor=person, booking_id=key, who="owner_absent").who

    assert race(say(missed.owner), say(missed.sitter.user)) == ["owner_absent"] * 2
    missed.refresh_from_db()
    assert (missed.status, missed.escrow_status) == ("no_show", "release_due")
    assert NoShowReview.objects.get().entries.filter(step__startswith="settled").count() == 1


def test_beginning_and_deciding_at_once_have_one_winner(missed, stripe_sandbox):
    operator = member_of("Trust & Safety")

    def start() -> str:
        key = str(missed.public_id)
        return services.start_stay(actor=missed.sitter.user, booking_id=key, pin=missed.start_pin).status

    outcome = race(start, decision(missed, operator, "sitter_absent"))
    missed.refresh_from_db()
    if missed.status == "in_progress":
        assert outcome == ["in_progress", "no_show_settled"]
        assert (missed.escrow_status, stripe_sandbox.objects("refund")) == ("held", [])
    else:
        assert outcome == ["booking_moved", "sitter_absent"]
        assert (missed.status, missed.escrow_status) == ("no_show", "refunded")


def test_cancelling_while_the_review_opens_has_one_winner(accepted, stripe_sandbox):
    go_to(review_due(accepted))
    key = str(accepted.public_id)
    token = services.quote_refund(actor=accepted.owner, booking_id=key).token

    def cancel() -> str:
        return services.cancel(actor=accepted.owner, booking_id=key, refund_quote=token).status

    outcome = race(cancel, services.review_no_shows)
    accepted.refresh_from_db()
    if accepted.status == "cancelled":
        assert outcome == ["cancelled", 0]
        assert not NoShowReview.objects.exists()
    else:
        assert outcome == ["no_show_in_review", 1]
        assert (accepted.status, accepted.escrow_status) == ("confirmed", "held")
