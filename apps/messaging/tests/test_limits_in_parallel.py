"""A sender's limit counts all conversations together, also when everything is sent at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from apps.accounts.tests.factories import UserFactory
from apps.common.errors import TooManyRequests
from apps.messaging import services
from apps.messaging.models import Conversation, Message
from apps.messaging.tests.factories import ConversationFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


def test_messages_sent_at_once_in_many_conversations_pass_no_limit_together(owner: Any) -> None:
    conversations: Any = [ConversationFactory(owner=owner, sitter=UserFactory()) for _ in range(AT_ONCE)]
    for number in range(services.MOST_MESSAGES - 1):
        services.send_message(actor=owner, conversation=conversations[0], text=f"Good morning {number}")
    gate = threading.Barrier(AT_ONCE)

    def send(conversation: Conversation) -> bool:
        gate.wait(20)
        try:
            return services.send_message(actor=owner, conversation=conversation, text="Hello")[1]
        except TooManyRequests:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as people:
        assert sum(people.map(send, conversations)) == 1
    assert Message.objects.count() == services.MOST_MESSAGES
