"""An owner opens the one conversation with a sitter."""

import pytest

from apps.messaging.models import Conversation
from apps.messaging.services import MOST_CONVERSATIONS
from apps.messaging.tests.factories import ConversationFactory
from apps.sitters.tests.factories import ClearedSitterFactory, SitterProfileFactory

URL = "/api/v1/chat/conversations"
pytestmark = pytest.mark.django_db


def test_a_conversation_is_opened_once(api, owner):
    sitter = ClearedSitterFactory.create()
    body = {"sitter_id": str(sitter.public_id)}
    first = api(owner).post(URL, body, format="json")
    again = api(owner).post(URL, body, format="json")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["counterpart"]["id"] == str(sitter.user.public_id)
    assert Conversation.objects.count() == 1


def test_a_sitter_who_cannot_be_booked_cannot_be_written_to(api, owner):
    unlisted = SitterProfileFactory.create()
    for sitter_id in (str(unlisted.public_id), "nonsense"):
        answer = api(owner).post(URL, {"sitter_id": sitter_id}, format="json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert not Conversation.objects.exists()


def test_nobody_writes_to_themselves(api):
    sitter = ClearedSitterFactory.create()
    answer = api(sitter.user).post(URL, {"sitter_id": str(sitter.public_id)}, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["sitter_id"]


def test_a_missing_sitter_is_named(api, owner):
    answer = api(owner).post(URL, {}, format="json")
    assert answer.status_code == 400
    assert "sitter_id" in answer.json()["error"]["details"]


def test_signing_in_comes_first(api):
    assert api().post(URL, {"sitter_id": "x"}, format="json").status_code == 401


def test_many_new_conversations_in_an_hour_are_refused(api, owner):
    for _ in range(MOST_CONVERSATIONS):
        ConversationFactory.create(owner=owner)
    answer = api(owner).post(URL, {"sitter_id": str(ClearedSitterFactory.create().public_id)}, format="json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert Conversation.objects.count() == MOST_CONVERSATIONS


def test_the_list_shows_ones_own_and_asks_as_much_for_ten_as_for_one(
    api, owner, stranger, django_assert_max_num_queries
):
    for _ in range(10):
        ConversationFactory.create(owner=owner)
    ConversationFactory.create(owner=stranger)
    client = api(owner)
    with django_assert_max_num_queries(2):
        answer = client.get(URL)
    assert len(answer.json()["results"]) == 10
