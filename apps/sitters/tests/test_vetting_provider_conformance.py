"""What any vetting provider must do, held against the adapter over real HTTP."""

import json
import time
from datetime import date

import httpx
import pytest

from apps.common.errors import Unavailable
from apps.sitters import gateways
from apps.sitters.states import CheckKind, CheckStatus
from apps.sitters.types import Address, Applicant

CASE = "0198c0de-0000-7000-8000-000000000001"


@pytest.fixture
def provider(sandbox):
    return gateways.vetting_provider()


def applicant(last_name="Clear", first_name="Ada"):
    address = Address("1 Main Street", "Springfield", "IL", "62701", "US")
    return Applicant(first_name, last_name, date(1990, 4, 1), address, "passport", "ada@example.com")


def test_the_same_order_is_placed_once(provider, sandbox):
    first = provider.open_report(applicant(), case_id=CASE)
    assert provider.open_report(applicant(), case_id=CASE) == first
    assert sandbox.reports() == 1


def test_the_key_of_another_order_is_refused_without_a_second_one(provider, sandbox):
    provider.open_report(applicant(), case_id=CASE)
    with pytest.raises(Unavailable):
        provider.open_report(applicant(first_name="Eve"), case_id=CASE)
    assert sandbox.reports() == 1


def test_an_order_is_found_by_the_case(provider):
    assert provider.find_reference(case_id=CASE) is None
    reference = provider.open_report(applicant(), case_id=CASE)
    assert provider.find_reference(case_id=CASE) == reference
    assert provider.find_reference(case_id="another") is None


def test_a_candidate_without_a_report_gets_it_when_found(provider, sandbox):
    candidate = sandbox.store.add_candidate(CASE, "Clear")
    reference = provider.find_reference(case_id=CASE)
    assert (reference.candidate_id, sandbox.reports()) == (candidate, 1)
    assert provider.find_reference(case_id=CASE) == reference
    assert sandbox.reports() == 1


@pytest.mark.parametrize(
    ("last_name", "identity", "criminal"),
    [
        ("Clear", CheckStatus.CLEAR, CheckStatus.CLEAR),
        ("consider", CheckStatus.CLEAR, CheckStatus.CONSIDER),
        ("REJECT", CheckStatus.FAILED, CheckStatus.CLEAR),
    ],
)
def test_facts_before_and_after_the_result(provider, sandbox, last_name, identity, criminal):
    reference = provider.open_report(applicant(last_name), case_id=CASE)
    before = provider.fetch_report(reference.report_id)
    assert (before.case_id, before.candidate_id) == (CASE, reference.candidate_id)
    assert set(before.checks.values()) == {CheckStatus.PENDING}
    sandbox.finish()
    after = provider.fetch_report(reference.report_id)
    assert after.checks == {CheckKind.IDENTITY: identity, CheckKind.CRIMINAL_HISTORY: criminal}


def test_an_unknown_report_is_none(provider):
    assert provider.fetch_report("nothing") is None


def test_a_wrong_key_is_an_outage_not_a_crash(sandbox, settings):
    settings.VETTING_API_KEY = "wrong"
    with pytest.raises(Unavailable):
        gateways.vetting_provider().find_reference(case_id=CASE)


@pytest.mark.parametrize("error", [httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
def test_every_broken_connection_is_an_outage(use_transport, error):
    def fail(request):
        raise error("broken", request=request)

    use_transport(httpx.MockTransport(fail))
    for call in (
        lambda p: p.open_report(applicant(), case_id=CASE),
        lambda p: p.find_reference(case_id=CASE),
        lambda p: p.fetch_report("r"),
    ):
        with pytest.raises(Unavailable):
            call(gateways.vetting_provider())


def test_a_screening_in_a_word_we_do_not_know_is_for_a_person(use_transport):
    answer = {
        "id": "r",
        "identity_verification": {"status": "complete", "result": "newfangled"},
        "national_criminal_search": {"status": "canceled"},
    }
    use_transport(httpx.MockTransport(lambda request: httpx.Response(200, json=answer)))
    facts = gateways.vetting_provider().fetch_report("r")
    assert facts is not None
    assert facts.checks == {
        CheckKind.IDENTITY: CheckStatus.CONSIDER,
        CheckKind.CRIMINAL_HISTORY: CheckStatus.CANCELED,
    }


def test_what_the_stand_in_sends_is_what_the_adapter_reads(provider, sandbox):
    event_id = sandbox.store.queue_webhook("report.completed", "rep-1", time.time())
    [row] = sandbox.store.due_webhooks(time.time() + 1)
    notice = provider.read_notice(row.body.encode(), {"X-Checkr-Signature": sandbox.sign(row.body.encode())})
    assert (notice.provider, notice.event_id, notice.kind, notice.report_id) == (
        "checkr", event_id, "report.completed", "rep-1",
    )  # fmt: skip
    assert json.loads(row.body)["id"] == event_id
