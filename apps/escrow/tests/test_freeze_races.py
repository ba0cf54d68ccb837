"""A freeze against claims and lifts at the same instant: real threads."""

import threading
from functools import partial
from uuid import uuid4

import pytest
from django.db import connections, transaction

from apps.escrow import services
from apps.escrow.freezing import FreezeScope, FreezeTarget
from apps.escrow.gate import pass_gate
from apps.escrow.models import Freeze, FreezeChange, Hold, PayoutRun
from apps.escrow.services import freezes, runs
from apps.escrow.tests.holds import Story, a_day_passes
from apps.ledger import selectors as ledger
from apps.payments import services as payments
from apps.payments.models import Operation
from apps.payments.states import OperationKind
from petwash.testing.races import race
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = FreezeTarget(FreezeScope.EVERYTHING)


@pytest.fixture
def finance(db):
    return member_of("Finance")


@pytest.fixture
def many(story):
    """Six holds whose 24 hours are over."""
    with transaction.atomic():
        stories = [story, *[Story.open(str(uuid4()), story.owner, story.sitter) for _ in range(5)]]
    for each in stories:
        each.pay()
        each.complete()
    a_day_passes()
    return stories


def claim_all() -> list[str]:
    """Claim what is due as a run does, and return the transfers; none is sent."""
    return runs._claim_batch(PayoutRun.objects.create(), runs.Budget.read()).transfers


def sent() -> set[int]:
    """Return the transfers whose call was claimed and not withheld."""
    calls = Operation.objects.filter(kind=OperationKind.TRANSFER, attempts__gt=0).exclude(status="failed")
    return set(calls.values_list("transfer_id", flat=True))


@pytest.mark.parametrize("scope", [FreezeScope.EVERYTHING, FreezeScope.SITTER])
def test_no_transfer_starts_after_the_freeze_has_committed(many, finance, stripe_sandbox, scope):
    target = FreezeTarget(scope, payee_user_id=many[0].sitter.pk if scope == FreezeScope.SITTER else None)

    def freeze() -> set[int]:
        freezes.place(target=target, actor=finance, reason="stop")
        return sent()

    _, _, started = race(services.release_due_payouts, services.release_due_payouts, freeze)
    assert sent() == started
    assert len(stripe_sandbox.objects("transfer")) == len(started)
    states = sorted(each.hold.state for each in many)
    assert states == ["release_due"] * (6 - len(started)) + ["released"] * len(started)
    assert ledger.check().ok


def test_what_was_claimed_and_not_yet_sent_goes_back(many, finance, stripe_sandbox):
    """The run was stopped by a freeze between its claim and its first call."""
    claimed = claim_all()
    assert {each.hold.state for each in many} == {"releasing"}
    freeze = freezes.place(target=EVERYTHING, actor=finance, reason="stop")
    assert FreezeChange.objects.get().facts["under_way"] == 6
    for transfer_id in claimed:
        payments.execute_transfer(transfer_id)
    assert stripe_sandbox.objects("transfer") == []
    assert {(each.hold.state, each.balances()) for each in many} == {("release_due", (10_000, 1_000))}
    assert ledger.check().ok
    Freeze.objects.filter(pk=freeze.pk).update(ended_at=freeze.placed_at)
    assert services.release_due_payouts() == 6  # due at once, no half hour of rest


def test_a_run_that_died_before_its_first_call_is_not_sent_by_the_sweep(many, finance, stripe_sandbox):
    claim_all()
    freezes.place(target=EVERYTHING, actor=finance, reason="stop")
    Operation.objects.update(next_attempt_at=many[0].row.opened_at)
    payments.resume_stale()
    assert stripe_sandbox.objects("transfer") == []
    assert {each.hold.state for each in many} == {"release_due"}


def test_a_wide_freeze_waits_for_the_claim_that_came_first(many, finance):
    """While a claim is open the freeze has not committed: nobody is told that all stands still too early."""
    done = threading.Event()

    def freeze() -> None:
        try:
            freezes.place(target=EVERYTHING, actor=finance, reason="stop")
            done.set()
        finally:
            connections.close_all()

    with transaction.atomic():
        pass_gate()
        thread = threading.Thread(target=freeze)
        thread.start()
        assert not done.wait(0.5)
        assert not Hold.objects.get(booking_id=many[0].booking_id).is_frozen()
    thread.join(20)
    assert done.is_set()
    assert many[0].hold.frozen


def test_two_lifts_are_one_lift(many, finance):
    freeze = freezes.place(
        target=FreezeTarget(FreezeScope.BOOKING, booking_id=many[0].booking_id), actor=finance, reason="stop"
    )
    colleague = member_of("Finance")

    def lift(actor):
        return freezes.lift(freeze_id=str(freeze.public_id), actor=actor, reason="over").ended_at is not None

    outcomes = race(lambda: lift(finance), lambda: lift(colleague))
    assert sorted(map(str, outcomes)) == ["True", "freeze_ended"]
    assert FreezeChange.objects.filter(step="lifted").count() == 1


def test_two_approvals_at_once_are_one_and_the_first_person_is_none_of_them(many, finance):
    freeze = freezes.place(target=EVERYTHING, actor=finance, reason="stop")
    colleagues = [member_of("Finance"), member_of("Finance")]

    def approve(actor):
        freezes.approve(freeze_id=str(freeze.public_id), actor=actor, reason="agreed")
        return "approved"

    outcomes = race(*[partial(approve, person) for person in (finance, *colleagues)])
    assert outcomes[0] in {"second_person_needed", "approval_not_needed"}
    assert sorted(outcomes[1:]) == ["approval_not_needed", "approved"]
    assert FreezeChange.objects.filter(step="approved").count() == 1
    assert Freeze.objects.get().approved_by in colleagues


def test_one_persons_two_clicks_do_not_count_as_two_people(many, finance):
    freeze = freezes.place(target=EVERYTHING, actor=finance, reason="stop")

    def lift():
        return freezes.lift(freeze_id=str(freeze.public_id), actor=finance, reason="over").ended_at is not None

    assert sorted(map(str, race(lift, lift))) == ["False", "second_person_needed"]
    assert many[0].hold.frozen


def test_two_freezes_of_one_target_are_one(many, finance):
    def place():
        freezes.place(target=EVERYTHING, actor=finance, reason="stop")
        return "placed"

    assert sorted(race(place, place, place)) == ["already_frozen", "already_frozen", "placed"]
    assert Freeze.objects.count() == 1
