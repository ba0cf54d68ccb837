"""Freezes of a booking, a sitter and everything: dry run, second person, expiry, history."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.common.clock import advance_business_clock
from apps.common.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from apps.common.models import AuditEntry
from apps.escrow import services
from apps.escrow.covered import covered_by
from apps.escrow.freezing import FreezeScope, FreezeTarget
from apps.escrow.models import BlockerChange, Freeze, FreezeChange
from apps.escrow.services import StayPetEscrow, freezes, policies
from apps.escrow.tests.holds import Story, a_day_passes, usd
from petwash.testing.staff import member_of

EVERYTHING = FreezeTarget(FreezeScope.EVERYTHING)


def of_booking(story):
    return FreezeTarget(FreezeScope.BOOKING, booking_id=story.booking_id)


def of_sitter(story):
    return FreezeTarget(FreezeScope.SITTER, payee_user_id=story.sitter.pk)


def refused(use_case, **arguments) -> str:
    with pytest.raises(DomainError) as refusal:
        use_case(**arguments)
    return refusal.value.code


def steps(freeze: Freeze) -> list[str]:
    return list(freeze.changes.order_by("id").values_list("step", flat=True))


@pytest.fixture
def due(story):
    """A hold whose 24 hours are over."""
    story.pay()
    story.complete()
    a_day_passes()
    return story


@pytest.fixture
def finance(db):
    return member_of("Finance")


@pytest.fixture
def colleague(db):
    return member_of("Finance")


@pytest.fixture
def limit_of_50(agent, db):
    """Two people for more than 50.00."""
    return policies.set_freeze_limit(currency="USD", limit_minor=5_000, actor=agent, reason="a small house")


@pytest.mark.parametrize("target", [of_booking, of_sitter, lambda story: EVERYTHING])
def test_every_scope_stops_the_run_and_the_sitters_own_request(due, finance, stripe_sandbox, target):
    freezes.place(target=target(due), actor=finance, reason="a complaint")
    assert due.hold.frozen
    assert services.release_due_payouts() == 0
    assert refused(due.release) == "escrow_frozen"
    assert stripe_sandbox.objects("transfer") == []


def test_a_sitters_freeze_stops_no_other_sitter(due, stranger, finance, stripe_sandbox):
    from apps.payments import services as payments

    payments.open_payee_account(stranger)
    with transaction.atomic():
        other = Story.open(str(uuid4()), due.owner, stranger)
    other.pay()
    other.complete()
    a_day_passes()
    freezes.place(target=of_sitter(due), actor=finance, reason="identity in doubt")
    assert services.release_due_payouts() == 1
    assert (other.hold.state, other.hold.frozen) == ("released", False)
    assert (due.hold.state, due.hold.frozen) == ("release_due", True)


def test_the_dry_run_counts_what_would_stop_and_stops_nothing(due, owner, sitter_user):
    with transaction.atomic():
        unpaid = Story.open(str(uuid4()), owner, sitter_user)
    covered = covered_by(of_sitter(due))
    assert (covered.count, covered.sums, covered.under_way) == (1, {"USD": usd(11_000)}, 0)
    assert [(row.booking_id, row.left) for row in covered.first] == [(due.booking_id, usd(11_000))]
    assert covered_by(of_booking(unpaid)).count == 0
    assert not Freeze.objects.exists()
    assert not due.hold.frozen


def test_the_dry_run_costs_three_queries_whatever_there_is(due, owner, sitter_user, django_assert_num_queries):
    with transaction.atomic():
        more = [Story.open(str(uuid4()), owner, sitter_user) for _ in range(3)]
    for story in more:
        story.pay()
    with django_assert_num_queries(3):
        assert covered_by(EVERYTHING).count == 4


def test_a_freeze_expires_by_itself_and_what_fell_due_is_due_at_once(story, finance):
    story.pay()
    freezes.place(target=of_sitter(story), actor=finance, reason="a day to ask", expires_in=timedelta(hours=30))
    due_at = story.complete()
    a_day_passes()
    assert (freezes.end_overdue(), services.release_due_payouts()) == (0, 0)
    advance_business_clock(6 * 3600)
    assert freezes.end_overdue() == 1
    assert freezes.end_overdue() == 0
    assert story.row.next_attempt_at == due_at
    assert services.release_due_payouts() == 1
    freeze = Freeze.objects.get()
    assert steps(freeze) == ["placed", "expired"]
    assert freeze.changes.get(step="expired").actor is None


def test_above_the_limit_a_freeze_lapses_without_a_second_person(due, finance, limit_of_50):
    freeze = freezes.place(target=of_booking(due), actor=finance, reason="a complaint")
    assert due.hold.frozen
    advance_business_clock(4 * 3600 - 60)
    assert freezes.end_overdue() == 0
    advance_business_clock(61)
    assert freezes.end_overdue() == 1
    assert not due.hold.frozen
    assert steps(freeze) == ["placed", "lapsed"]
    assert BlockerChange.objects.filter(blocker="freeze", set_on=False).count() == 1


def test_a_second_person_keeps_it(due, finance, colleague, limit_of_50):
    freeze = freezes.place(target=of_booking(due), actor=finance, reason="a complaint")
    own = {"freeze_id": str(freeze.public_id), "reason": "agreed"}
    assert refused(freezes.approve, actor=finance, **own) == "second_person_needed"
    freezes.approve(actor=colleague, **own)
    assert refused(freezes.approve, actor=colleague, **own) == "approval_not_needed"
    advance_business_clock(5 * 3600)
    assert freezes.end_overdue() == 0
    assert due.hold.frozen


def test_a_colleague_who_agrees_too_late_has_agreed_to_nothing(due, finance, colleague, limit_of_50):
    freeze = freezes.place(target=of_booking(due), actor=finance, reason="a complaint")
    advance_business_clock(5 * 3600)
    own = {"freeze_id": str(freeze.public_id), "reason": "agreed"}
    assert refused(freezes.approve, actor=colleague, **own) == "freeze_ended"
    assert freezes.end_overdue() == 1
    assert not due.hold.frozen


def test_below_the_limit_one_person_is_enough_both_ways(due, finance):
    freeze = freezes.place(target=of_booking(due), actor=finance, reason="a complaint")
    assert freeze.approve_by is None
    assert freezes.lift(freeze_id=str(freeze.public_id), actor=finance, reason="settled").ended_at is not None
    assert not due.hold.frozen


def test_everything_always_takes_two_people(story, finance, colleague):
    freeze = freezes.place(target=EVERYTHING, actor=finance, reason="the provider was broken into")
    assert freeze.approve_by is not None
    own = {"freeze_id": str(freeze.public_id), "reason": "over"}
    assert freezes.lift(actor=finance, **own).ended_at is None
    assert refused(freezes.lift, actor=finance, **own) == "second_person_needed"
    assert story.hold.frozen
    assert freezes.lift(actor=colleague, **own).ended_at is not None
    assert not story.hold.frozen
    assert steps(freeze) == ["placed", "lift_asked", "lifted"]
    assert refused(freezes.lift, actor=finance, **own) == "freeze_ended"


def test_a_wish_to_lift_of_somebody_who_left_the_group_does_not_count(due, finance, colleague, limit_of_50):
    freeze = freezes.place(target=of_booking(due), actor=colleague, reason="a complaint")
    own = {"freeze_id": str(freeze.public_id), "reason": "settled"}
    freezes.lift(actor=finance, **own)
    finance.groups.clear()
    assert freezes.lift(actor=colleague, **own).ended_at is None
    assert due.hold.frozen
    assert refused(freezes.lift, actor=type(finance).objects.get(pk=finance.pk), **own) == "not_allowed_to_freeze"
    assert steps(freeze) == ["placed", "lift_asked", "lift_asked"]


def test_a_limit_that_is_raised_afterwards_does_not_spare_the_second_person(due, finance, limit_of_50):
    freeze = freezes.place(target=of_booking(due), actor=finance, reason="a complaint")
    policies.set_freeze_limit(currency="USD", limit_minor=10**9, actor=finance, reason="I want to lift it alone")
    own = {"freeze_id": str(freeze.public_id), "reason": "settled"}
    assert freezes.lift(actor=finance, **own).ended_at is None
    assert refused(freezes.lift, actor=finance, **own) == "second_person_needed"
    assert due.hold.frozen


@pytest.mark.parametrize("limit", [-1, 10**12 + 1, 10**30])
def test_a_limit_that_no_sum_reaches_is_none(finance, limit):
    with pytest.raises(InvalidInput) as refusal:
        policies.set_freeze_limit(currency="USD", limit_minor=limit, actor=finance, reason="because")
    assert list(refusal.value.details) == ["limit_minor"]


def test_a_wish_to_lift_is_forgotten_after_four_hours(due, finance, colleague, limit_of_50):
    freeze = freezes.place(target=of_booking(due), actor=finance, reason="a complaint")
    own = {"freeze_id": str(freeze.public_id), "reason": "settled"}
    freezes.lift(actor=finance, **own)
    advance_business_clock(4 * 3600 + 1)
    assert freezes.lift(actor=colleague, **own).ended_at is None
    assert freezes.lift(actor=finance, **own).ended_at is not None


def test_a_further_reason_makes_a_freeze_stand_until_it_is_lifted(due, finance, agent):
    """A refund that came back must not be paid to the sitter because a colleague's freeze ran out."""
    freezes.place(target=of_booking(due), actor=finance, reason="a day to ask", expires_in=timedelta(hours=1))
    with transaction.atomic():
        services.freeze_in_use_case(booking_id=due.booking_id, actor=agent, reason="a refund was returned")
    advance_business_clock(2 * 3600)
    assert freezes.end_overdue() == 0
    assert services.release_due_payouts() == 0
    assert steps(Freeze.objects.get()) == ["placed", "kept"]


@pytest.mark.parametrize(
    ("group", "scope", "may"),
    [
        ("Finance", FreezeScope.EVERYTHING, True),
        ("Trust & Safety", FreezeScope.EVERYTHING, False),
        ("Trust & Safety", FreezeScope.BOOKING, True),
        ("Support", FreezeScope.BOOKING, False),
        ("Operations", FreezeScope.BOOKING, False),
    ],
)
def test_who_may_freeze(due, group, scope, may):
    booking_id = due.booking_id if scope == FreezeScope.BOOKING else ""
    place = {"target": FreezeTarget(scope, booking_id=booking_id), "actor": member_of(group), "reason": "because"}
    if may:
        freezes.place(**place)
    else:
        with pytest.raises(Forbidden):
            freezes.place(**place)
    assert due.hold.frozen == may
    assert Freeze.objects.exists() == may


def test_who_may_not_freeze_may_not_lift(due, finance):
    freeze = freezes.place(target=EVERYTHING, actor=finance, reason="because")
    with pytest.raises(Forbidden):
        freezes.lift(freeze_id=str(freeze.public_id), actor=member_of("Trust & Safety"), reason="because")
    assert due.hold.frozen


def test_a_booking_under_a_wider_freeze_has_none_of_its_own_to_lift(due, finance):
    freezes.place(target=EVERYTHING, actor=finance, reason="because")
    with pytest.raises(Conflict, match="wider freeze") as refusal:
        StayPetEscrow.lift(booking_id=due.booking_id, actor=finance, reason="because")
    assert refusal.value.code == "not_frozen"


def test_two_scopes_stop_until_both_are_lifted(due, finance, colleague):
    StayPetEscrow.freeze(booking_id=due.booking_id, actor=finance, reason="a complaint")
    wide = freezes.place(target=of_sitter(due), actor=finance, reason="more complaints")
    StayPetEscrow.lift(booking_id=due.booking_id, actor=finance, reason="settled")
    assert due.hold.frozen
    freezes.lift(freeze_id=str(wide.public_id), actor=finance, reason="settled")
    assert services.release_due_payouts() == 1


@pytest.mark.parametrize("expires_in", [timedelta(0), timedelta(days=91)])
def test_an_expiry_is_ahead_and_near(due, finance, expires_in):
    with pytest.raises(InvalidInput) as refusal:
        freezes.place(target=of_booking(due), actor=finance, reason="because", expires_in=expires_in)
    assert list(refusal.value.details) == ["expires_in"]
    assert not Freeze.objects.exists()


def test_unknown_targets_are_not_found(due, finance, stranger):
    for target in (
        FreezeTarget(FreezeScope.BOOKING, booking_id="nobody"),
        FreezeTarget(FreezeScope.SITTER, payee_user_id=stranger.pk),
    ):
        with pytest.raises(NotFound):
            freezes.place(target=target, actor=finance, reason="because")
    assert not Freeze.objects.exists()


def test_each_step_is_on_record_with_what_it_covered(due, finance):
    freezes.place(target=of_sitter(due), actor=finance, reason="a complaint")
    change = FreezeChange.objects.get()
    assert (change.actor, change.reason) == (finance, "a complaint")
    assert change.facts == {"count": 1, "sums_minor": {"USD": 11_000}, "under_way": 0}
    assert AuditEntry.objects.get(action="escrow.freeze").reason == "a complaint"


@pytest.mark.parametrize("table", ["escrow_freeze_change", "escrow_freeze_limit"])
@pytest.mark.parametrize("attack", ["UPDATE {0} SET id = id", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_history_cannot_be_rewritten(due, finance, table, attack):
    freezes.place(target=of_booking(due), actor=finance, reason="because")
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction.atomic():
        connection.cursor().execute(attack.format(table))
