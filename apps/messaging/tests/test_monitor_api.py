"""POST /chat/monitor judges a text for staff."""

import pytest

from apps.fraud.models import FraudLog
from apps.fraud.selectors import sender_history
from apps.messaging.models import Message

URL = "/api/v1/chat/monitor"
TEXT = "Call me: 415-555-0123, and pay me in cash"


def test_the_answer_names_decision_score_categories_and_masked_text(api, agent):
    answer = api(agent).post(URL, {"text": TEXT}, format="json")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"decision", "score", "categories", "masked_text"}
    assert (body["decision"], body["masked_text"]) == ("mask", "Call me: [hidden], and pay me in cash")
    assert {found["name"] for found in body["categories"]} == {"contact", "off_platform_payment"}
    evidence = body["categories"][0]["evidence"][0]
    assert (evidence["rule"], evidence["text"]) == ("contact.phone", "415-555-0123")
    assert TEXT[evidence["start"] : evidence["end"]] == evidence["text"]


def test_a_check_is_logged_and_is_no_strike(api, agent):
    api(agent).post(URL, {"text": TEXT}, format="json")
    row = FraudLog.objects.get()
    assert (row.source, row.checked_by, row.sender, row.message_reference) == ("check", agent, None, None)
    assert sender_history(agent.pk).strikes == {}
    assert not Message.objects.exists()


def test_an_innocent_text_is_allowed_and_not_logged(api, agent):
    body = api(agent).post(URL, {"text": "See you at 10:30"}, format="json").json()
    assert body == {"decision": "allow", "score": 0.0, "categories": [], "masked_text": "See you at 10:30"}
    assert not FraudLog.objects.exists()


def test_a_conversation_may_be_named(api, agent, conversation):
    body = {"text": TEXT, "conversation_id": str(conversation.public_id)}
    assert api(agent).post(URL, body, format="json").status_code == 200
    assert FraudLog.objects.get().conversation_reference == conversation.public_id


def test_an_unknown_conversation_is_404_and_nothing_is_logged(api, agent):
    answer = api(agent).post(URL, {"text": TEXT, "conversation_id": "nonsense"}, format="json")
    assert answer.status_code == 404
    assert not FraudLog.objects.exists()


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": 7.5, "conversation_id": []}, {"text": "x" * 4001}])
def test_bad_input_names_the_field(api, agent, body):
    answer = api(agent).post(URL, body, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation_error")


def test_staff_with_a_second_factor_alone(api, agent, owner):
    assert api().post(URL, {"text": "x"}, format="json").status_code == 401
    refused = api(owner).post(URL, {"text": "x"}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "staff_only")
    weak = api(agent, second_factor=False).post(URL, {"text": "x"}, format="json")
    assert (weak.status_code, weak.json()["error"]["code"]) == (403, "second_factor_required")
