"""From a notice to a status: facts are fetched, never taken from the payload."""

from datetime import timedelta

import pytest

from apps.common.clock import business_now, real_now
from apps.common.models import OutboxEvent
from apps.sitters import gateways
from apps.sitters import services as sitters
from apps.sitters.models import CaseTransition, SitterProfile, VettingCase, VettingCheck, VettingNotice
from apps.sitters.services.results import record_facts
from apps.sitters.tests.conftest import SUBMIT, application
from apps.sitters.types import ProviderReference

pytestmark = pytest.mark.django_db
STATUS = "/api/v1/sitter/vetting"


@pytest.mark.parametrize(
    ("last_name", "status", "badge", "identity", "criminal"),
    [
        ("Clear", "cleared", "vetted", "clear", "clear"),
        ("Consider", "in_review", "none", "clear", "consider"),
        ("Reject", "rejected", "none", "failed", "clear"),
    ],
)
def test_each_outcome(api, sitter_user, vet, last_name, status, badge, identity, criminal):
    case = vet(sitter_user, last_name)
    assert case.status == status
    body = api(sitter_user).get(STATUS).json()
    assert (body["status"], body["badge"]) == (status, badge)
    assert {check["kind"]: check["status"] for check in body["checks"]} == {
        "identity": identity,
        "criminal_history": criminal,
    }


def test_a_clearance_is_dated_and_lasts_a_year(api, sitter_user, vet):
    case = vet(sitter_user)
    profile = SitterProfile.objects.get()
    assert profile.cleared_at == case.decided_at
    assert profile.clearance_date == case.decided_at.date()
    body = api(sitter_user).get(STATUS).json()
    assert body["cleared_at"].startswith(profile.clearance_date.isoformat())
    assert body["expires_at"].startswith(str(profile.clearance_date.year + 1))


def test_before_anything_was_submitted(api, sitter_user):
    assert api(sitter_user).get(STATUS).json() == {
        "status": "not_submitted", "badge": "none", "cleared_at": None, "expires_at": None, "checks": [],
    }  # fmt: skip


def test_status_is_for_sitters(api, owner):
    assert api(owner).get(STATUS).status_code == 403


@pytest.fixture
def case(api, sitter_user, sandbox):
    api(sitter_user).post(SUBMIT, application())
    return VettingCase.objects.get()


def test_a_payload_that_lies_changes_nothing(api, sandbox, case, apply_waiting):
    sandbox.notify(api(), case.report_id, data={"object": {"id": case.report_id, "result": "clear"}})
    apply_waiting()
    case.refresh_from_db()
    assert case.status == "pending"
    assert VettingNotice.objects.get().status == "applied"


def test_the_same_result_twice_moves_once(api, sandbox, case, apply_waiting):
    sandbox.finish()
    for _ in range(2):
        sandbox.notify(api(), case.report_id)
        apply_waiting()
    assert list(CaseTransition.objects.values_list("to_status", flat=True)) == ["pending", "cleared"]
    assert OutboxEvent.objects.filter(name="sitters.SitterTrustChanged").count() == 2


def test_applying_one_notice_twice_does_nothing_more(api, sandbox, case, apply_waiting):
    sandbox.finish()
    sandbox.notify(api(), case.report_id)
    apply_waiting()
    notice = VettingNotice.objects.get()
    assert sitters.apply_notice(notice.pk) == "applied"
    assert VettingNotice.objects.get().attempts == notice.attempts == 1


def test_an_older_answer_that_comes_late_undoes_nothing(sandbox, case):
    early = gateways.vetting_provider().fetch_report(case.report_id)
    assert early is not None
    sandbox.finish()
    sitters.refresh_case(case)
    case.refresh_from_db()
    record_facts(case, early)
    assert VettingCase.objects.get().status == "cleared"
    assert set(VettingCheck.objects.values_list("status", flat=True)) == {"clear"}


def test_a_result_before_our_own_reference_waits_and_is_applied_afterwards(
    api, sitter_user, sandbox, case, apply_waiting
):
    reference = ProviderReference(case.candidate_id, case.report_id)
    VettingCheck.objects.all().delete()
    VettingCase.objects.update(
        status="submitting", report_id="", candidate_id="", lease_until=real_now() + timedelta(seconds=60)
    )
    SitterProfile.objects.update(vetting_status="not_submitted")
    sandbox.finish()
    sandbox.notify(api(), reference.report_id)
    apply_waiting()
    notice = VettingNotice.objects.get()
    assert (notice.status, notice.why) == ("parked", "hand_over_in_progress")
    assert VettingCase.objects.get().status == "submitting"
    sitters.confirm_reference(VettingCase.objects.get(), reference)
    apply_waiting()
    assert VettingNotice.objects.get().status == "applied"
    assert SitterProfile.objects.get().vetting_status == "cleared"


def test_a_result_binds_a_case_whose_hand_over_died(api, sandbox, case, apply_waiting):
    report_id = case.report_id
    VettingCheck.objects.all().delete()
    VettingCase.objects.update(status="submitting", report_id="", candidate_id="", lease_until=None)
    SitterProfile.objects.update(vetting_status="not_submitted")
    sandbox.finish()
    sandbox.notify(api(), report_id)
    apply_waiting()
    case.refresh_from_db()
    assert (case.status, case.report_id) == ("cleared", report_id)


def test_an_unknown_report_is_ignored(api, sandbox, case, apply_waiting):
    sandbox.notify(api(), "nothing")
    apply_waiting()
    notice = VettingNotice.objects.get()
    assert (notice.status, notice.why) == ("ignored", "unknown_report")


def test_a_report_of_no_case_is_parked_and_given_up_after_three_days(api, sandbox, apply_waiting):
    candidate = sandbox.store.add_candidate("not-a-case", "Clear")
    sandbox.notify(api(), sandbox.store.add_report(candidate, 0))
    apply_waiting()
    assert VettingNotice.objects.get().status == "parked"
    past = real_now() - timedelta(days=4)
    VettingNotice.objects.update(received_at=past, next_attempt_at=past)
    apply_waiting()
    notice = VettingNotice.objects.get()
    assert (notice.status, notice.why) == ("ignored", "unknown_case")


def test_an_event_about_something_else_is_ignored(api, sandbox, case, apply_waiting):
    sandbox.notify(api(), case.report_id, kind="candidate.updated")
    apply_waiting()
    assert VettingNotice.objects.get().status == "ignored"


def test_with_the_provider_down_a_notice_waits_longer_each_time(api, settings, sandbox, case, apply_waiting):
    sandbox.finish()
    sandbox.notify(api(), case.report_id)
    settings.VETTING_API_BASE = "http://127.0.0.1:1"
    apply_waiting()
    notice = VettingNotice.objects.get()
    assert (notice.status, notice.attempts, notice.why) == ("received", 1, "provider_unavailable")
    assert notice.next_attempt_at > real_now()
    assert sitters.due_notices() == []
    settings.VETTING_API_BASE = sandbox.server.base_url
    VettingNotice.objects.update(next_attempt_at=real_now())
    apply_waiting()
    assert SitterProfile.objects.get().vetting_status == "cleared"


def test_a_lost_webhook_is_made_good_by_asking(sandbox, case):
    sandbox.finish()
    assert sitters.resume_waiting_cases() == 0
    VettingCase.objects.update(checked_at=business_now() - timedelta(minutes=16))
    assert sitters.resume_waiting_cases() == 1
    assert SitterProfile.objects.get().vetting_status == "cleared"


def test_a_broken_hand_over_is_finished_by_the_sweep_without_the_sitter(sandbox, case):
    report_id = case.report_id
    VettingCheck.objects.all().delete()
    VettingCase.objects.update(status="submitting", report_id="", candidate_id="", lease_until=None)
    SitterProfile.objects.update(vetting_status="not_submitted")
    assert sitters.resume_waiting_cases() == 1
    case.refresh_from_db()
    assert (case.status, case.report_id) == ("pending", report_id)


def test_a_round_of_asking_ends_with_the_first_outage(settings, sandbox, case):
    VettingCase.objects.update(checked_at=business_now() - timedelta(minutes=16))
    settings.VETTING_API_BASE = "http://127.0.0.1:1"
    assert sitters.resume_waiting_cases() == 0
    assert VettingCase.objects.get().status == "pending"


def test_a_case_in_review_tells_staff(sitter_user, vet):
    case = vet(sitter_user, "Consider")
    event = OutboxEvent.objects.get(name="sitters.VettingReviewNeeded")
    assert event.payload == {"case_id": str(case.public_id), "sitter_id": str(case.sitter.public_id)}
