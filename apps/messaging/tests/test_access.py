"""Only the two participants know that a conversation exists."""

import pytest

from apps.messaging.models import Message


@pytest.mark.parametrize("who", ["stranger", "agent"])
def test_others_get_404(api, messages_url, who, request):
    other = request.getfixturevalue(who)
    for answer in (api(other).get(messages_url), api(other).post(messages_url, {"text": "hi"}, format="json")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert not Message.objects.exists()


def test_without_a_token_401(api, messages_url):
    assert api().get(messages_url).status_code == 401


def test_both_participants_read_and_write(say, read, owner, sitter_user):
    assert say(owner, "Hello!").status_code == 201
    assert say(sitter_user, "Hello to you").status_code == 201
    assert [m["text"] for m in read(owner)] == [m["text"] for m in read(sitter_user)] == ["Hello!", "Hello to you"]
    assert [m["mine"] for m in read(owner)] == [True, False]


def test_an_unreadable_id_is_an_absent_thing(api, owner):
    assert api(owner).get("/api/v1/chat/conversations/nonsense/messages").status_code == 404


def test_nobody_writes_to_an_account_that_is_closed(say, owner, sitter_user):
    sitter_user.status = "suspended"
    sitter_user.save(update_fields=["status"])
    answer = say(owner, "Hello?")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "recipient_unavailable")
    assert not Message.objects.exists()
