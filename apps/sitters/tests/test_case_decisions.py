"""A person of Trust & Safety decides what is in review, with a reason, once."""

from functools import partial

import pytest

from apps.common.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.common.ids import uuid7
from apps.common.models import AuditEntry
from apps.sitters import services as sitters
from apps.sitters.models import CaseTransition, SitterProfile, VettingCase
from petwash.testing.races import race
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db
REASON = "An offence of 1998, unrelated to animals or homes."


@pytest.fixture
def case(sitter_user, vet):
    return vet(sitter_user, "Consider")


@pytest.mark.parametrize(("clear", "status", "badge"), [(True, "cleared", "vetted"), (False, "rejected", "none")])
def test_a_decision_settles_case_sitter_and_audit(case, clear, status, badge):
    member = member_of("Trust & Safety")
    sitters.decide_case(member, str(case.public_id), clear=clear, reason=REASON)
    case.refresh_from_db()
    assert (case.status, case.decided_by, case.decision_reason) == (status, member, REASON)
    profile = SitterProfile.objects.get()
    assert (profile.vetting_status, profile.trust_badge) == (status, badge)
    entry = AuditEntry.objects.get()
    assert (entry.actor_id, entry.action, entry.subject, entry.reason) == (
        member.pk, f"vetting.{status}", f"vetting_case:{case.public_id}", REASON,
    )  # fmt: skip
    last = CaseTransition.objects.latest("id")
    assert (last.to_status, last.cause, last.actor) == (status, "staff_decision", member)


@pytest.mark.parametrize("group", ["Operations", "Finance", "Support"])
def test_other_groups_may_not(case, group):
    with pytest.raises(Forbidden):
        sitters.decide_case(member_of(group), str(case.public_id), clear=True, reason=REASON)
    case.refresh_from_db()
    assert (case.status, AuditEntry.objects.count()) == ("in_review", 0)


def test_a_sitter_may_not_decide(case, sitter_user):
    with pytest.raises(Forbidden):
        sitters.decide_case(sitter_user, str(case.public_id), clear=True, reason=REASON)


@pytest.mark.parametrize("reason", ["", "too short", "   padded    ", "x" * 501])
def test_a_reason_is_required(case, agent, reason):
    with pytest.raises(InvalidInput) as error:
        sitters.decide_case(agent, str(case.public_id), clear=True, reason=reason)
    assert list(error.value.details) == ["reason"]


def test_a_second_decision_is_refused(case, agent):
    sitters.decide_case(agent, str(case.public_id), clear=False, reason=REASON)
    with pytest.raises(Conflict) as error:
        sitters.decide_case(agent, str(case.public_id), clear=True, reason=REASON)
    assert error.value.code == "case_not_open"
    assert (SitterProfile.objects.get().vetting_status, AuditEntry.objects.count()) == ("rejected", 1)


def test_a_case_that_needs_no_person_is_not_decided(sitter_user, vet, agent):
    cleared = vet(sitter_user)
    with pytest.raises(Conflict):
        sitters.decide_case(agent, str(cleared.public_id), clear=False, reason=REASON)


def test_an_unknown_case(agent):
    with pytest.raises(NotFound):
        sitters.decide_case(agent, str(uuid7()), clear=True, reason=REASON)


def test_later_facts_do_not_undo_a_decision(case, agent, sandbox):
    sitters.decide_case(agent, str(case.public_id), clear=True, reason=REASON)
    sitters.refresh_case(case)
    assert SitterProfile.objects.get().vetting_status == "cleared"


@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_decisions_at_once_one_stands(case, agent):
    def decide(clear):
        sitters.decide_case(agent, str(case.public_id), clear=clear, reason=REASON)
        return "stands"

    assert sorted(race(partial(decide, True), partial(decide, False))) == ["case_not_open", "stands"]
    assert VettingCase.objects.get().status == SitterProfile.objects.get().vetting_status
    assert AuditEntry.objects.count() == 1
