"""The conversation of the cast."""

import pytest

from apps.messaging.tests.factories import ConversationFactory


@pytest.fixture
def conversation(owner, sitter_user):
    """Olivia Owner and Simon Sitter have a conversation, and no booking."""
    return ConversationFactory(owner=owner, sitter=sitter_user)


@pytest.fixture
def messages_url(conversation):
    return f"/api/v1/chat/conversations/{conversation.public_id}/messages"


@pytest.fixture
def say(api, messages_url):
    """Return a function that sends a message as somebody and gives the answer."""

    def say(person, text, *, to=None, **fields):
        url = f"/api/v1/chat/conversations/{to.public_id}/messages" if to else messages_url
        return api(person).post(url, {"text": text, **fields}, format="json")

    return say


@pytest.fixture
def read(api, messages_url):
    """Return a function that reads the conversation as somebody, oldest first."""

    def read(person):
        answer = api(person).get(messages_url)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"][::-1]

    return read
