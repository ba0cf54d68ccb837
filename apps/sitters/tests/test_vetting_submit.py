"""POST /sitter/vetting/submit: one paid order, personal data for the provider's eyes alone."""

from datetime import timedelta
from io import StringIO

import httpx
import pytest
from django.core.management import call_command

from apps.common.clock import advance_business_clock, business_now, real_now
from apps.common.errors import Forbidden
from apps.sitters import services as sitters
from apps.sitters.api.vetting_serializers import VettingSubmitSerializer, applicant_from, years_before
from apps.sitters.models import CaseTransition, SitterProfile, TrustTransition, VettingCase, VettingCheck
from apps.sitters.tests.conftest import SUBMIT, application

pytestmark = pytest.mark.django_db


def test_answers_202_with_both_checks_pending(api, sitter_user, sandbox):
    answer = api(sitter_user).post(SUBMIT, application())
    case = VettingCase.objects.get()
    assert (answer.status_code, answer.json()) == (
        202,
        {
            "id": str(case.public_id),
            "status": "pending",
            "checks": [
                {"kind": "identity", "status": "pending"},
                {"kind": "criminal_history", "status": "pending"},
            ],
        },
    )
    assert case.report_id
    assert case.candidate_id
    assert SitterProfile.objects.get().vetting_status == "pending"
    assert list(CaseTransition.objects.values_list("from_status", "to_status")) == [("submitting", "pending")]
    assert list(TrustTransition.objects.values_list("from_status", "to_status")) == [("not_submitted", "pending")]


def test_nothing_personal_is_written(api, sitter_user, sandbox):
    api(sitter_user).post(SUBMIT, application())
    dump = StringIO()
    call_command("dumpdata", "sitters", "common", stdout=dump)
    body = application()
    personal = [body["legal_first_name"], body["legal_last_name"], body["date_of_birth"], "Zebra", "62701"]
    assert [value for value in personal if value in dump.getvalue()] == []
    assert "report_id" in dump.getvalue()


def test_a_repeat_while_open_answers_the_same_case_and_pays_once(api, sitter_user, sandbox):
    first = api(sitter_user).post(SUBMIT, application()).json()
    again = api(sitter_user).post(SUBMIT, application(legal_last_name="Other"))
    assert (again.status_code, again.json()) == (202, first)
    assert sandbox.reports() == 1


def test_an_outage_answers_503_and_leaves_the_sitter_as_before(api, sitter_user, settings, sandbox):
    settings.VETTING_API_BASE = "http://127.0.0.1:1"
    answer = api(sitter_user).post(SUBMIT, application())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "vetting_unavailable")
    assert not VettingCheck.objects.exists()
    assert api(sitter_user).get("/api/v1/sitter/vetting").json()["status"] == "not_submitted"
    settings.VETTING_API_BASE = sandbox.server.base_url
    assert api(sitter_user).post(SUBMIT, application()).json()["status"] == "pending"
    assert (VettingCase.objects.count(), sandbox.reports()) == (1, 1)


class LosesAnswers(httpx.BaseTransport):
    """The provider does its work, and the answer to the chosen path is lost."""

    def __init__(self, path):
        self.path, self.inner = path, httpx.HTTPTransport()

    def handle_request(self, request):
        answer = self.inner.handle_request(request)
        answer.read()
        if request.url.path == self.path and request.method == "POST":
            raise httpx.ReadTimeout("lost", request=request)
        return answer

    def close(self):
        self.inner.close()


@pytest.mark.parametrize("path", ["/v1/candidates", "/v1/reports"])
def test_a_lost_answer_never_orders_twice_even_with_corrected_data(api, sitter_user, sandbox, use_transport, path):
    use_transport(LosesAnswers(path))
    assert api(sitter_user).post(SUBMIT, application()).status_code == 503
    use_transport(None)
    answer = api(sitter_user).post(SUBMIT, application(legal_first_name="Corrected"))
    assert answer.status_code == 202
    assert sandbox.reports() == 1
    assert len(sandbox.store.candidates_of(answer.json()["id"])) == 1


@pytest.mark.parametrize("status", [401, 409, 429, 500, 502])
def test_an_answer_that_is_none_counts_as_an_outage(api, sitter_user, use_transport, status):
    use_transport(httpx.MockTransport(lambda request: httpx.Response(status, json={"error": "x"})))
    assert api(sitter_user).post(SUBMIT, application()).status_code == 503


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}"])
def test_a_body_that_is_no_answer_counts_as_an_outage(api, sitter_user, use_transport, content):
    use_transport(httpx.MockTransport(lambda request: httpx.Response(201, content=content)))
    assert api(sitter_user).post(SUBMIT, application()).status_code == 503


def test_data_that_the_provider_refuses_name_the_field(api, sitter_user, use_transport, sandbox):
    refusal = httpx.Response(400, json={"error": "zipcode is invalid"})
    use_transport(httpx.MockTransport(lambda request: refusal))
    answer = api(sitter_user).post(SUBMIT, application())
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["address"])
    use_transport(None)
    assert api(sitter_user).post(SUBMIT, application()).status_code == 202


def test_while_another_request_hands_over_the_open_case_is_answered(api, sitter_user, sandbox):
    sitter = SitterProfile.objects.create(user=sitter_user)
    case = VettingCase.objects.create(
        sitter=sitter, provider="checkr", consent_version="x", consented_at=business_now(),
        submitted_at=business_now(), lease_until=real_now() + timedelta(seconds=30),
    )  # fmt: skip
    answer = api(sitter_user).post(SUBMIT, application())
    assert (answer.status_code, answer.json()["id"], answer.json()["status"]) == (
        202, str(case.public_id), "pending",
    )  # fmt: skip
    assert sandbox.reports() == 0


def test_a_hand_over_that_died_is_taken_over_after_its_lease(api, sitter_user, sandbox):
    sitter = SitterProfile.objects.create(user=sitter_user)
    VettingCase.objects.create(
        sitter=sitter, provider="checkr", consent_version="x", consented_at=business_now(),
        submitted_at=business_now(), lease_until=real_now() - timedelta(seconds=1),
    )  # fmt: skip
    assert api(sitter_user).post(SUBMIT, application()).status_code == 202
    assert (VettingCase.objects.get().status, sandbox.reports()) == ("pending", 1)


def test_needs_a_verified_address(api, sitter_user):
    sitter_user.email_verified_at = None
    sitter_user.save()
    answer = api(sitter_user).post(SUBMIT, application())
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "email_not_verified")


def test_is_for_sitters(api, owner):
    answer = api(owner).post(SUBMIT, application())
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "sitter_role_required")
    assert not SitterProfile.objects.exists()


def test_needs_a_token(api):
    assert api().post(SUBMIT, application()).status_code == 401


ADDRESS = application()["address"]
BAD = [
    ("legal_first_name", ""), ("legal_first_name", "R2D2"), ("legal_first_name", "x" * 101),
    ("legal_first_name", "-"), ("legal_last_name", "<script>"), ("legal_last_name", None),
    ("date_of_birth", "1987-13-05"), ("date_of_birth", "2999-01-01"), ("date_of_birth", "1800-01-01"),
    ("date_of_birth", ""), ("address", None), ("address", {}), ("address", {**ADDRESS, "country": "XX"}),
    ("address", {**ADDRESS, "country": "USA"}), ("address", {**ADDRESS, "postal_code": "!"}),
    ("address", {**ADDRESS, "line1": ""}), ("document_type", "library_card"),
    ("consent", False), ("consent", None), ("consent", "maybe"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD)
def test_bad_input_names_its_field_and_orders_nothing(api, sitter_user, sandbox, field, value):
    answer = api(sitter_user).post(SUBMIT, application(**{field: value}))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "validation_error"
    assert list(answer.json()["error"]["details"]) == [field]
    assert (VettingCase.objects.count(), sandbox.reports()) == (0, 0)


@pytest.mark.parametrize("field", sorted(application()))
def test_each_field_is_required(api, sitter_user, field):
    body = application()
    del body[field]
    answer = api(sitter_user).post(SUBMIT, body)
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, [field])


def test_eighteen_today_is_old_enough_and_tomorrow_is_not(api, sitter_user, sandbox):
    birthday = years_before(business_now().date(), 18)
    late = (birthday + timedelta(days=1)).isoformat()
    assert api(sitter_user).post(SUBMIT, application(date_of_birth=late)).status_code == 400
    assert api(sitter_user).post(SUBMIT, application(date_of_birth=birthday.isoformat())).status_code == 202


@pytest.mark.parametrize("name", ["O'Neil", "Anne-Marie", "Müller", "अंजलि", "王", "J. R."])
def test_names_of_many_scripts_are_fine(api, sitter_user, sandbox, name):
    assert api(sitter_user).post(SUBMIT, application(legal_first_name=name)).status_code == 202


def test_a_cleared_sitter_renews_in_the_last_60_days_and_stays_cleared(api, sitter_user, vet, sandbox):
    vet(sitter_user)
    answer = api(sitter_user).post(SUBMIT, application())
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_cleared")
    advance_business_clock(310 * 24 * 3600)
    assert api(sitter_user).post(SUBMIT, application()).status_code == 202
    assert SitterProfile.objects.get().vetting_status == "cleared"
    assert sandbox.reports() == 2


def test_a_renewal_moves_the_end_by_a_year_from_its_own_clearance(sitter_user, vet):
    vet(sitter_user)
    before = SitterProfile.objects.get().clearance_expires_at
    advance_business_clock(310 * 24 * 3600)
    second = vet(sitter_user)
    profile = SitterProfile.objects.get()
    assert profile.cleared_at == second.decided_at
    assert before is not None
    assert profile.clearance_expires_at is not None
    assert profile.clearance_expires_at > before + timedelta(days=300)
    assert TrustTransition.objects.filter(from_status="cleared", to_status="cleared").count() == 1


def test_a_rejected_sitter_waits_30_days_and_an_old_clearance_does_not_revive(api, sitter_user, vet):
    vet(sitter_user)
    advance_business_clock(310 * 24 * 3600)
    vet(sitter_user, "Reject")
    answer = api(sitter_user).post(SUBMIT, application())
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "vetting_cooldown")
    assert answer.json()["error"]["details"]["allowed_at"]
    advance_business_clock(30 * 24 * 3600)
    assert api(sitter_user).post(SUBMIT, application()).status_code == 202
    profile = SitterProfile.objects.get()
    assert (profile.vetting_status, profile.clearance_expires_at, profile.trust_badge) == ("pending", None, "none")


def applicant():
    serializer = VettingSubmitSerializer(data=application())
    serializer.is_valid(raise_exception=True)
    return applicant_from(serializer.validated_data, email="a@example.com")


def test_an_applicant_never_shows_in_a_repr():
    shown = f"{applicant()!r} {applicant()}"
    assert [value for value in ("Quirinia", "Feather", "1987", "62701") if value in shown] == []


def test_services_refuse_without_the_edge(sitter_user, owner):
    sitter_user.email_verified_at = None
    for actor, code in ((owner, "sitter_role_required"), (sitter_user, "email_not_verified")):
        with pytest.raises(Forbidden) as error:
            sitters.submit_vetting(actor, applicant())
        assert error.value.code == code
