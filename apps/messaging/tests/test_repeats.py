"""A client that repeats a message stores it once."""

from functools import partial

import pytest

from apps.common.clock import real_now
from apps.fraud.states import Decision
from apps.messaging.models import Message
from apps.messaging.services import MOST_MESSAGES, send_message
from apps.messaging.tests.factories import ConversationFactory
from petwash.testing.races import race


def test_a_repeat_answers_the_first_message(say, owner):
    first = say(owner, "Hello!", client_message_id="c-1")
    again = say(owner, "Hello!", client_message_id="c-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Message.objects.count() == 1


def test_the_same_id_for_another_text_is_refused(say, owner):
    first = say(owner, "Hello!", client_message_id="c-1").json()
    answer = say(owner, "Something else", client_message_id="c-1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "client_message_id_reused")
    assert answer.json()["error"]["details"] == {"message_id": first["id"]}
    assert Message.objects.get().body == "Hello!"


def test_the_other_may_use_the_same_id(say, owner, sitter_user):
    say(owner, "Hello!", client_message_id="c-1")
    assert say(sitter_user, "Hello!", client_message_id="c-1").status_code == 201
    assert Message.objects.count() == 2


def test_messages_without_an_id_are_all_kept(say, owner):
    for _ in range(2):
        assert say(owner, "Hello!").status_code == 201
    assert Message.objects.count() == 2


def test_a_flood_is_refused_and_nothing_is_stored(say, owner, conversation):
    now = real_now()
    Message.objects.bulk_create(
        Message(conversation=conversation, sender=owner, body="x", decision=Decision.ALLOW, delivered_at=now)
        for _ in range(MOST_MESSAGES)
    )
    answer = say(owner, "one more")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "message_rate_limited")
    assert answer.headers["Retry-After"] == "60"
    assert Message.objects.count() == MOST_MESSAGES


@pytest.mark.django_db(transaction=True)
def test_parallel_repeats_store_one_message():
    conversation = ConversationFactory.create()

    def send() -> tuple[int, bool]:
        message, new = send_message(
            actor=conversation.owner, conversation=conversation, text="Hello!", client_message_id="c-1"
        )
        return message.pk, new

    made = race(*[send] * 4)
    assert sorted(new for _, new in made) == [False, False, False, True]
    assert len({pk for pk, _ in made}) == 1
    assert Message.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_parts_of_a_number_see_each_other():
    conversation = ConversationFactory.create()

    def send(text: str) -> None:
        send_message(actor=conversation.owner, conversation=conversation, text=text)

    race(partial(send, "41555"), partial(send, "50123"))
    last = Message.objects.order_by("-id")[0]
    first = Message.objects.order_by("id")[0]
    assert first.decision == Decision.ALLOW
    # Whichever came second was judged together with the first.
    if first.body == "41555":
        assert last.decision == Decision.MASK
